/**
 * Commits the writes of one turn of the event loop together: a synced commit costs as much for thirty writes as for one.
 * The writes that arrive while the disk syncs form the next transaction.
 */
import { setImmediate, setTimeout } from 'node:timers';
import { StoreError } from '../relay/ports/event-log.ts';
import type { Connection } from './connection.ts';
import { concernsOneWrite, failureKind, storeFailure } from './failures.ts';

/** So many writes keep the event loop busy for some tens of milliseconds. The others form the next transaction. */
const MAX_WRITES = 500;
/** Another process holds the lock for a few milliseconds at most. Waiting inside SQLite would block the event loop. */
const LOCK_POLL_MS = 5;
const LOCK_LIMIT_MS = 5_000;

interface Write {
  readonly what: string;
  /** Returns the function that tells the caller the result. */
  execute(): () => void;
  reject(error: unknown): void;
}

export class GroupCommit {
  readonly #connection: Connection;
  readonly #checkFiles: () => void;
  readonly #idle: (() => void)[] = [];
  #waiting: Write[] = [];
  #isScheduled = false;
  #isClosed = false;
  #lockedSince: number | undefined;
  #commits = 0;

  /** @param checkFiles called before each commit; throws when the commit would be lost */
  constructor(connection: Connection, checkFiles: () => void = () => {}) {
    this.#connection = connection;
    this.#checkFiles = checkFiles;
  }

  /** The number of transactions that were committed. */
  get commits(): number {
    return this.#commits;
  }

  /**
   * Resolves with the operation's result after the commit is on the disk.
   *
   * @param operate runs inside the transaction. It checks its condition, and then executes at most one statement that
   *   writes: SQLite undoes a single statement that fails
   * @throws StoreError when the operation or the transaction fails; nothing is written then
   */
  write<Result>(what: string, operate: (connection: Connection) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new StoreError(`${what} failed: the store is closed`);
      this.#waiting.push({
        what,
        execute: () => {
          const result = operate(this.#connection);
          return () => resolve(result);
        },
        reject,
      });
      this.#schedule();
    });
  }

  /**
   * Does several operations in one transaction. Each executes at most one statement. None takes effect alone.
   *
   * @throws StoreError when one of them or the transaction fails
   */
  writeAll(what: string, operations: readonly ((connection: Connection) => void)[]): Promise<void> {
    return this.write(what, (connection) => {
      connection.run('SAVEPOINT several');
      try {
        for (const operate of operations) operate(connection);
        connection.run('RELEASE several');
      } catch (error) {
        // SQLite may have rolled the whole transaction back.
        if (connection.database.isTransaction) {
          connection.run('ROLLBACK TO several');
          connection.run('RELEASE several');
        }
        throw error;
      }
    });
  }

  /** Resolves when all writes are done, and refuses further ones. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #schedule(delayMs?: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const commit = () => this.#commitWaiting();
    if (delayMs === undefined) setImmediate(commit);
    else setTimeout(commit, delayMs);
  }

  #commitWaiting(): void {
    this.#isScheduled = false;
    const writes = this.#waiting.splice(0, MAX_WRITES);
    if (this.#begin(writes)) this.#commit(writes);
    if (this.#waiting.length > 0) this.#schedule();
    else for (const resolve of this.#idle.splice(0)) resolve();
  }

  #begin(writes: readonly Write[]): boolean {
    try {
      this.#connection.run('BEGIN IMMEDIATE');
      this.#lockedSince = undefined;
      return true;
    } catch (error) {
      if (failureKind(error) === 'busy' && this.#mayWaitForLock()) {
        this.#waiting.unshift(...writes);
        this.#schedule(LOCK_POLL_MS);
      } else {
        this.#lockedSince = undefined;
        rejectAll(writes, error);
      }
      return false;
    }
  }

  #mayWaitForLock(): boolean {
    this.#lockedSince ??= performance.now();
    return performance.now() - this.#lockedSince < LOCK_LIMIT_MS;
  }

  #commit(writes: readonly Write[]): void {
    const acknowledgements: (() => void)[] = [];
    try {
      this.#checkFiles();
      for (const write of writes) {
        const acknowledge = this.#execute(write);
        if (acknowledge !== undefined) acknowledgements.push(acknowledge);
      }
      this.#connection.run('COMMIT');
    } catch (error) {
      // SQLite rolls some failed transactions back by itself.
      if (this.#connection.database.isTransaction) this.#connection.run('ROLLBACK');
      rejectAll(writes, error);
      return;
    }
    this.#commits++;
    for (const acknowledge of acknowledgements) acknowledge();
  }

  /** Undefined when the write failed alone. */
  #execute(write: Write): (() => void) | undefined {
    try {
      return write.execute();
    } catch (error) {
      if (!concernsOneWrite(error) || !this.#connection.database.isTransaction) throw error;
      write.reject(storeFailure(write.what, error));
      return undefined;
    }
  }
}

function rejectAll(writes: readonly Write[], error: unknown): void {
  for (const write of writes) write.reject(storeFailure(write.what, error));
}
