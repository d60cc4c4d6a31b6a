/** Random sequences of calls, made on several implementations of a port, whose answers must be the same. */
import fc from 'fast-check';
import { expect } from 'vitest';

export interface Call<Subject> {
  /** As a failure prints it. */
  readonly text: string;
  /**
   * Fills in arguments that depend on stored rows, such as a lease id as it was read.
   * @param reference the first implementation; only to be read from
   * @returns the call, to be made once on every implementation
   */
  prepare(reference: Subject): Promise<(subject: Subject) => Promise<unknown>>;
}

/** Makes an empty subject, by the implementation's name in failures. The first one is the reference. */
export type Implementations<Subject> = Readonly<Record<string, () => Promise<Subject>>>;

interface SequenceOptions<Subject> {
  readonly implementations: Implementations<Subject>;
  readonly calls: fc.Arbitrary<Call<Subject>>;
  /** Made after each sequence: they read all rows, so that a difference shows which no call has read. */
  readonly finalReads: readonly Call<Subject>[];
  readonly numRuns: number;
  readonly seed: number;
  /** Repeats one failing sequence, as a failure prints it. */
  readonly path?: string | undefined;
}

const MAX_CALLS = 80;

/** @throws with the shortest sequence found, its seed and path, when two implementations answer differently */
export async function expectSameAnswers<Subject>(options: SequenceOptions<Subject>): Promise<void> {
  const { implementations, calls, finalReads, numRuns, seed, path } = options;
  const sequences = fc
    .noBias(fc.array(calls, { minLength: 1, maxLength: MAX_CALLS, size: 'max' }))
    .map((sequence) => Object.assign([...sequence], { [fc.toStringMethod]: () => listOf(sequence) }));
  const isSame = fc.asyncProperty(sequences, (sequence) =>
    compareAnswers(implementations, sequence, finalReads),
  );
  await fc.assert(isSame, { numRuns, seed, ...(path !== undefined && { path }) });
}

/** A call that takes its arguments as they are. */
export function plainCall<Subject>(
  text: string,
  run: (subject: Subject) => Promise<unknown> | unknown,
): Call<Subject> {
  return { text, prepare: async () => async (subject) => run(subject) };
}

async function compareAnswers<Subject>(
  implementations: Implementations<Subject>,
  sequence: readonly Call<Subject>[],
  finalReads: readonly Call<Subject>[],
): Promise<void> {
  const names = Object.keys(implementations);
  const subjects = await Promise.all(Object.values(implementations).map((make) => make()));
  const compare = async ({ text, prepare }: Call<Subject>, place: string) => {
    const [reference] = subjects;
    if (reference === undefined) throw new Error('there is no implementation');
    const run = await prepare(reference);
    const answers = await Promise.all(subjects.map((subject) => answerOf(() => run(subject))));
    if (answers.every((answer) => answer === answers[0])) return;
    const lines = answers.map((answer, index) => `  ${names[index]}: ${answer}`);
    expect.fail([`${place} ${text} has different answers:`, ...lines].join('\n'));
  };
  for (const [index, call] of sequence.entries()) await compare(call, `call ${index + 1}`);
  await Promise.all(finalReads.map((call) => compare(call, 'the final read')));
}

/** An answer as text, the same for equal answers. Errors count by their class. */
async function answerOf(run: () => Promise<unknown>): Promise<string> {
  try {
    return spelled(await run());
  } catch (error) {
    return `throws ${error instanceof Error ? error.constructor.name : String(error)}`;
  }
}

/** Like JSON, with sorted keys and without undefined attributes; dates and bytes are told apart from text. */
export function spelled(value: unknown): string {
  if (value instanceof Date) return `Date(${value.toISOString()})`;
  if (value instanceof Uint8Array)
    return `bytes(${value.length}, ${Buffer.from(value).toString('base64').slice(0, 60)})`;
  if (Array.isArray(value)) return `[${value.map(spelled).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  const parts = entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, part]) => `${name}: ${spelled(part)}`);
  return `{ ${parts.join(', ')} }`;
}

const listOf = (sequence: readonly Call<never>[]): string =>
  sequence.map(({ text }, index) => `\n  ${index + 1}. ${text}`).join('');
