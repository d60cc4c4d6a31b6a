/** Describes why an expression failed, without any value of its input. */
import type { EvaluationAnswer } from './expression-messages.ts';

/** JSONata throws an object with a code (https://docs.jsonata.org), or a JavaScript error. */
interface Thrown {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly position?: unknown;
  readonly name?: unknown;
}

/** The limits that the evaluator sets. */
const BOUNDS = new Map(
  Object.entries({
    D1011: 'it goes too deep: does a function call itself without end?',
    D1012: 'it ran too long',
    D2014: 'it makes too long a list',
    D2015: 'it makes too long a list',
  }),
);
/** The expression itself wrote these messages, with `$error` or `$assert`. */
const OWN_MESSAGES = new Map(
  Object.entries({
    D3137: 'it called $error',
    D3141: 'an $assert of it does not hold',
  }),
);
/** The fields of a failure that may contain values. JSONata inserts them into its message as JSON. */
const VALUES = ['value', 'value2', 'exp', 'message'] as const;

export function failureOf(error: unknown): EvaluationAnswer & { kind: 'failure' } {
  const thrown: Thrown = Object(error);
  const reason = typeof thrown.code === 'string' ? codedReason(thrown, thrown.code) : nativeReason(thrown);
  return { kind: 'failure', reason, ranAway: thrown.code === 'D1012' };
}

function codedReason(thrown: Thrown, code: string): string {
  const { position } = thrown;
  const where = typeof position === 'number' ? `, at character ${position}` : '';
  const message = BOUNDS.get(code) ?? OWN_MESSAGES.get(code) ?? withoutValues(thrown);
  return `${message}${where} (${code})`;
}

/** Replaces the longest values first, because one may contain another. */
function withoutValues(thrown: Thrown): string {
  if (typeof thrown.message !== 'string') return 'it failed';
  const values = VALUES.flatMap((name) => {
    const value: unknown = name === 'message' ? undefined : Reflect.get(thrown, name);
    return value === undefined ? [] : [jsonOf(value)];
  });
  if (values.includes(undefined)) return 'it failed';
  return values
    .filter((json) => json !== undefined)
    .sort((a, b) => b.length - a.length)
    .reduce((message, json) => message.replaceAll(json, '…'), thrown.message);
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // The value has no JSON form, so it cannot be found in the message. The whole message is dropped.
    return undefined;
  }
}

function nativeReason({ name, message }: Thrown): string {
  if (name !== 'RangeError') return 'it failed';
  return /call stack/i.test(String(message)) ? 'it goes too deep' : 'it makes too long a text or list';
}
