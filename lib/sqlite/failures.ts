/** The failures of SQLite, and what a person can do about each. */
import { RowRefusedError, StoreError } from '../relay/ports/event-log.ts';

/** https://www.sqlite.org/rescode.html: the primary result codes. */
const CODES = {
  5: 'busy',
  6: 'busy',
  8: 'read-only',
  10: 'input or output',
  11: 'damaged',
  13: 'full',
  14: 'cannot open',
  18: 'refused',
  19: 'refused',
  20: 'refused',
  26: 'not SQLite',
} as const;
export type FailureKind = (typeof CODES)[keyof typeof CODES] | 'other';

const ADVICE: Readonly<Record<FailureKind, string>> = {
  busy: 'another process holds the lock of the database file. End it if it hangs',
  'read-only': 'the database file is read-only. Let the relay write to the file and to its folder',
  'input or output': 'the disk failed. Check the disk and the system log',
  damaged: 'the database file is damaged. Stop the relay and restore a backup',
  full: 'the disk is full. Free some space; the relay then continues by itself',
  'cannot open': 'the database file cannot be opened. Let the relay read and write the file and its folder',
  refused: 'the row is refused',
  'not SQLite': 'the file is not a SQLite database. Restore a backup',
  other: 'SQLite failed',
};

/** Undefined for an error that is none of SQLite. */
export function failureKind(error: unknown): FailureKind | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  // The other bits say more about the cause.
  const primary = error.errcode & 0xff;
  return primary in CODES ? CODES[primary as keyof typeof CODES] : 'other';
}

export function adviceOf(kind: FailureKind): string {
  return ADVICE[kind];
}

/** @param what describes the call, without any value of a row */
export function storeFailure(what: string, cause: unknown): unknown {
  const kind = failureKind(cause);
  if (kind === undefined) return cause;
  const detail = kind === 'other' && cause instanceof Error ? `: ${cause.message}` : '';
  const message = `${what} failed: ${ADVICE[kind]}${detail}`;
  return new (kind === 'refused' ? RowRefusedError : StoreError)(message, { cause });
}

/** @throws StoreError when SQLite fails */
export function orStoreFailure<Result>(what: string, call: () => Result): Result {
  try {
    return call();
  } catch (cause) {
    throw storeFailure(what, cause);
  }
}

/** True when the failure concerns one row, and the other writes of the transaction can go on. */
export function concernsOneWrite(error: unknown): boolean {
  const kind = failureKind(error);
  return kind === undefined || kind === 'refused';
}
