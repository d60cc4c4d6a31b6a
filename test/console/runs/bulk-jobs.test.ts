import { describe, expect, it } from 'vitest';
import { BulkJobs, type NewJob } from '../../../lib/console/runs/bulk-jobs.ts';
import type { BulkRun } from '../../../lib/operator/bulk-run.ts';
import { NotPossibleError } from '../../../lib/operator/errors.ts';
import { MemoryClock } from '../../memory/clock.ts';

/** A job that ends when the test says so. */
function aJob(parts: Partial<NewJob> = {}) {
  const end = Promise.withResolvers<string>();
  const runs: BulkRun[] = [];
  const job: NewJob = {
    ...{ key: 'key', title: 'Retry', page: '/attention' },
    work: (run) => {
      runs.push(run);
      return end.promise;
    },
    ...parts,
  };
  return { job, end, runs };
}

const aJobs = (failures: ConstructorParameters<typeof BulkJobs>[1] = {}) =>
  new BulkJobs(new MemoryClock(), failures);

describe('a job of the console', () => {
  it('goes on after it was started, and counts what it processed', async () => {
    const jobs = aJobs();
    const { job, end, runs } = aJob({ total: { count: 2, isMore: false } });

    jobs.start(job);
    runs[0]?.onItem?.();
    expect(jobs.all()).toMatchObject([{ title: 'Retry', state: 'running', processed: 1 }]);
    end.resolve('2 retried.');

    await expect.poll(() => jobs.all()).toMatchObject([{ state: 'done', result: '2 retried.' }]);
  });

  it('runs once at a time', () => {
    const jobs = aJobs();
    const { job, runs } = aJob();

    jobs.start(job);
    jobs.start(job);

    expect(runs).toHaveLength(1);
  });

  it('stops when a person asks, and keeps the result up to then', async () => {
    const jobs = aJobs();
    const { job, end, runs } = aJob();
    jobs.start(job);

    jobs.stop(jobs.all()[0]?.id ?? '');
    expect(runs[0]?.signal?.aborted).toBe(true);
    expect(jobs.all()).toMatchObject([{ state: 'stopping' }]);
    end.resolve('1 retried.');

    await expect.poll(() => jobs.all()).toMatchObject([{ state: 'stopped', result: '1 retried.' }]);
  });

  it.each([
    [
      new NotPossibleError('the endpoint erp is disabled', 'enable it'),
      'The endpoint erp is disabled. Enable it.',
    ],
    [new TypeError('secret'), 'The relay’s data could not be read or written.'],
  ])('reports its failure without details of the program: %s', async (error, result) => {
    const warnings: string[] = [];
    const jobs = aJobs({ warn: (text) => warnings.push(text) });
    const { job, end } = aJob();
    jobs.start(job);

    end.reject(error);

    await expect.poll(() => jobs.all()).toMatchObject([{ state: 'failed', result }]);
    expect(warnings.join()).not.toContain('secret');
  });

  it('is forgotten when ten others have ended since', async () => {
    const jobs = aJobs();
    for (let index = 0; index < 13; index++) {
      const { job, end } = aJob({ key: `${index}` });
      jobs.start(job);
      end.resolve('');
      await expect.poll(() => jobs.all()[0]?.state).toBe('done');
    }

    expect(jobs.all()).toHaveLength(11);
    expect(() => jobs.stop('unknown')).toThrow('the run has ended');
  });
});
