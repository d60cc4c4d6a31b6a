/** Work on many rows that goes on in this process after the page was answered. It ends with the process. */
import { randomUUID } from 'node:crypto';
import type { BulkRun } from '../../operator/bulk-run.ts';
import type { BoundedCount } from '../../operator/deliveries/delivery-counts.ts';
import { InvalidInputError, NotFoundError, NotPossibleError } from '../../operator/errors.ts';
import type { Clock } from '../../relay/model/clock.ts';
import { sentence } from '../layout/sentence.ts';

/** Ended jobs to remember. */
const MOST_ENDED = 10;

export interface NewJob {
  /** Only one job with this key runs at a time. */
  readonly key: string;
  /** `Retry the dead deliveries of erp`. */
  readonly title: string;
  /** The path of the page that started it. */
  readonly page: string;
  /** How many rows there are; absent when unknown. */
  readonly total?: BoundedCount;
  /** Returns what was done, as sentences. */
  work(run: BulkRun): Promise<string>;
}

/** `stopping`: it finishes the rows in progress. */
export type JobState = 'running' | 'stopping' | 'stopped' | 'done' | 'failed';

export interface BulkJob {
  readonly id: string;
  readonly title: string;
  readonly page: string;
  readonly total?: BoundedCount;
  readonly startedAt: Date;
  readonly state: JobState;
  /** Rows that were processed. */
  readonly processed: number;
  /** Says what the run waits for. */
  readonly progress?: string;
  /** The result, or the reason of the failure. */
  readonly result?: string;
  readonly endedAt?: Date;
}

interface Failures {
  explainFailure?(error: unknown): string | undefined;
  warn?(message: string): void;
}

export class BulkJobs {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #failures: Failures;
  readonly #jobs = new Map<string, { job: BulkJob; key: string; abort: AbortController }>();

  constructor(clock: Pick<Clock, 'now'>, failures: Failures) {
    this.#clock = clock;
    this.#failures = failures;
  }

  /** Starts the job, unless one with its key runs. Does not wait for it. */
  start({ key, title, page, total, work }: NewJob): void {
    if ([...this.#jobs.values()].some((one) => one.key === key && isActive(one.job))) return;
    const id = randomUUID();
    const abort = new AbortController();
    const startedAt = this.#clock.now();
    const job = { id, title, page, startedAt, state: 'running', processed: 0 } as const;
    this.#jobs.set(id, { job: { ...job, ...(total !== undefined && { total }) }, key, abort });
    this.#forgetOldest();
    void this.#run(id, work, abort.signal);
  }

  /**
   * The job finishes the rows in progress.
   *
   * @throws NotPossibleError when the job is forgotten
   */
  stop(id: string): BulkJob {
    const found = this.#jobs.get(id);
    if (found === undefined) throw new NotPossibleError('the run has ended', 'Nothing is left to stop.');
    found.abort.abort();
    if (found.job.state === 'running') this.#change(id, { state: 'stopping' });
    return found.job;
  }

  /** The last started first. */
  all(): BulkJob[] {
    return [...this.#jobs.values()].map(({ job }) => job).reverse();
  }

  async #run(id: string, work: NewJob['work'], signal: AbortSignal): Promise<void> {
    try {
      const result = await work({
        signal,
        onItem: () => this.#change(id, { processed: (this.#jobs.get(id)?.job.processed ?? 0) + 1 }),
        onProgress: (progress) => this.#change(id, { progress }),
      });
      this.#change(id, { state: signal.aborted ? 'stopped' : 'done', result, endedAt: this.#clock.now() });
    } catch (error) {
      this.#change(id, { state: 'failed', result: this.#describe(error), endedAt: this.#clock.now() });
    }
  }

  #describe(error: unknown): string {
    if (error instanceof NotPossibleError) return `${sentence(error.message)} ${sentence(error.hint)}`;
    if (error instanceof NotFoundError || error instanceof InvalidInputError) return sentence(error.message);
    const explained = this.#failures.explainFailure?.(error);
    if (explained !== undefined) return sentence(explained);
    this.#failures.warn?.(
      `a run of the console failed: ${error instanceof Error ? error.name : 'unknown error'}`,
    );
    return 'The relay’s data could not be read or written.';
  }

  #change(id: string, change: Partial<BulkJob>): void {
    const found = this.#jobs.get(id);
    if (found !== undefined) this.#jobs.set(id, { ...found, job: { ...found.job, ...change } });
  }

  #forgetOldest(): void {
    const ended = [...this.#jobs.values()].filter(({ job }) => !isActive(job));
    for (const { job } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) this.#jobs.delete(job.id);
  }
}

export function isActive({ state }: BulkJob): boolean {
  return state === 'running' || state === 'stopping';
}
