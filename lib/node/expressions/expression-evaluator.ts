/** Controls one process that evaluates expressions. */
import type { ChildProcess } from 'node:child_process';
import { extname } from 'node:path';
import * as z from '../../relay/model/zod.ts';
import { type EvaluationAnswer, type EvaluationJob, READY } from './expression-messages.ts';

/** Built for the first process: most relays have no expression. */
function newAnswerSchema(): z.ZodMiniType<EvaluationAnswer> {
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('value'), json: z.exactOptional(z.string()) }),
    z.object({ kind: z.literal('failure'), reason: z.string(), ranAway: z.boolean() }),
  ]);
}

const ENDED = { kind: 'ended' } as const;

/** `timeout` and `ended`: there is no answer, and the process has ended. It was killed, or ran out of memory. */
export type EvaluatorResult = EvaluationAnswer | { readonly kind: 'timeout' } | { readonly kind: 'ended' };

export class ExpressionEvaluator {
  readonly #child: ChildProcess;
  readonly #ready: Promise<boolean>;
  #settle: (answer: EvaluatorResult) => void = () => {};
  #isAlive = true;

  /** @param memoryMb the memory limit of an expression */
  constructor(memoryMb: number) {
    // Loaded with the first expression: most relays have none.
    const { fork } = process.getBuiltinModule('node:child_process');
    this.#child = fork(
      new URL(`./expression-process${extname(import.meta.url)}`, import.meta.url),
      [String(memoryMb)],
      {
        // An expression cannot read the environment. If it could, it would find no credentials.
        env: librariesOnly(process.env),
        execArgv: [],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        serialization: 'advanced',
      },
    );
    const answerSchema = newAnswerSchema();
    this.#ready = new Promise((resolve) => {
      this.#child.on('message', (message) => {
        if (message === READY) resolve(true);
        else this.#settle(answerSchema.safeParse(message).data ?? ENDED);
      });
      const end = () => {
        this.#isAlive = false;
        resolve(false);
        this.#settle(ENDED);
      };
      this.#child.on('error', end);
      this.#child.on('exit', end);
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Resolves when the process can evaluate; false when it could not be started. */
  ready(): Promise<boolean> {
    return this.#ready;
  }

  /** Evaluates one job at a time. */
  async evaluate(job: EvaluationJob, limitMs: number): Promise<EvaluatorResult> {
    const result = await new Promise<EvaluatorResult>((resolve) => {
      const timer = setTimeout(() => resolve({ kind: 'timeout' }), limitMs);
      this.#settle = (settled) => {
        clearTimeout(timer);
        resolve(settled);
      };
      this.#child.send(job, (error) => error && this.#settle(ENDED));
    });
    if (result.kind === 'timeout' || result.kind === 'ended') this.end();
    return result;
  }

  end(): void {
    this.#isAlive = false;
    this.#child.kill('SIGKILL');
  }

  /** An idle evaluator must not keep the parent process running. */
  setBusy(isBusy: boolean): void {
    if (isBusy) {
      this.#child.ref();
      this.#child.channel?.ref();
    } else {
      this.#child.unref();
      this.#child.channel?.unref();
    }
  }
}

/** Node may need this variable to find its libraries. */
function librariesOnly({ LD_LIBRARY_PATH }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return LD_LIBRARY_PATH === undefined ? {} : { LD_LIBRARY_PATH };
}
