import type { Context } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { lambdaHandler, telemetry } from '../../../lib/aws/lambda/function-setup.ts';

const CONTEXT: Partial<Context> = {
  functionName: 'sweep',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:sweep',
  memoryLimitInMB: '512',
  awsRequestId: 'a-request',
  getRemainingTimeInMillis: () => 10_000,
};

/** The output of a run by stream, and the error that it rejects with. */
async function written(handle: () => Promise<void>) {
  const handler = lambdaHandler<unknown, void>(handle);
  const out: string[] = [];
  const err: string[] = [];
  const keeping = (lines: string[]) => (chunk: unknown) => lines.push(String(chunk)) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(keeping(out));
  vi.spyOn(process.stderr, 'write').mockImplementation(keeping(err));
  for (const level of ['warn', 'error', 'info', 'log', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((...parts) => {
      (level === 'warn' || level === 'error' ? err : out).push(parts.join(' '));
    });
  const failed = await handler({}, CONTEXT as Context).then(
    () => undefined,
    (error: unknown) => error,
  );
  vi.restoreAllMocks();
  return { out: out.join(''), err: err.join(''), failed };
}

describe('a function’s run', () => {
  it('writes nothing at all when it had nothing to say or to count', async () => {
    expect(await written(async () => {})).toEqual({ out: '', err: '', failed: undefined });
  });

  it('writes what it has counted when it ends', async () => {
    const { out, err } = await written(async () => {
      telemetry.count('OwedOverdue', 3);
      telemetry.count('OldestOwedSeconds', 90);
    });

    expect(JSON.parse(out)).toMatchObject({
      OwedOverdue: 3,
      OldestOwedSeconds: 90,
      _aws: { CloudWatchMetrics: [{ Namespace: expect.any(String) }] },
    });
    expect(err).toBe('');
  });

  it('writes what it has counted even when it fails', async () => {
    const failure = new Error('the run failed');

    const { out, failed } = await written(async () => {
      telemetry.count('FanOutFailures');
      throw failure;
    });

    expect(JSON.parse(out)).toMatchObject({ FanOutFailures: 1, WorkFailures: 1 });
    expect(failed).toBe(failure);
  });

  it('counts each failure that it logs, although it was survived', async () => {
    const { out } = await written(async () => {
      telemetry.error('health could not be written', new Error('throttled'));
      telemetry.error('messages could not be sent', new Error('throttled'));
    });

    // The metrics library lists the values of one name.
    expect(JSON.parse(out)).toMatchObject({ WorkFailures: [1, 1] });
  });

  it('counts each problem twice: by its name, and in the sum that rings the alarm', async () => {
    const { out } = await written(async () => {
      telemetry.count('DeliveriesDead', 2);
      telemetry.count('EventsFannedOut');
      telemetry.count('CircuitsOpened');
    });

    expect(JSON.parse(out)).toMatchObject({
      DeliveriesDead: 2,
      CircuitsOpened: 1,
      EventsFannedOut: 1,
      Problems: [2, 1],
    });
  });

  it('names its request in every line', async () => {
    const { out } = await written(async () => {
      telemetry.info('sweep woke overdue work', { list: 'erp', items: 2 });
    });

    expect(JSON.parse(out)).toMatchObject({
      level: 'INFO',
      message: 'sweep woke overdue work',
      list: 'erp',
      items: 2,
      function_request_id: 'a-request',
    });
  });
});
