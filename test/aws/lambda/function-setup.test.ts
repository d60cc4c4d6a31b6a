import type { Context } from 'aws-lambda';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { lambdaHandler, telemetry } from '../../../lib/aws/lambda/function-setup.ts';
import { nextEventId } from '../../../lib/relay/model/ids.ts';
import { startXRayDaemon } from '../../end-to-end/an-xray-daemon.ts';

const CONTEXT: Partial<Context> = {
  functionName: 'sweep',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:sweep',
  memoryLimitInMB: '512',
  awsRequestId: 'a-request',
  getRemainingTimeInMillis: () => 10_000,
};

/** The output of a run by stream, and the error that it rejects with. */
async function written(handle: () => Promise<void>, wrap = lambdaHandler) {
  const handler = wrap<unknown, void>(handle);
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

/** The set-up in an execution environment of its own, with Lambda's variables for an invocation that X-Ray records. */
async function setUpWith(variables: Readonly<Record<string, string>>) {
  vi.resetModules();
  vi.stubEnv(
    '_X_AMZN_TRACE_ID',
    'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
  );
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return import('../../../lib/aws/lambda/function-setup.ts');
}

describe('the traces of a function', () => {
  it('are sent when its run ends, also when it fails', async () => {
    const daemon = await startXRayDaemon();
    onTestFinished(() => daemon.stop());
    const { clock, random, lambdaHandler, traces } = await setUpWith({
      EVENT_TRACES: 'x-ray',
      AWS_XRAY_DAEMON_ADDRESS: daemon.address,
    });
    const eventId = nextEventId(clock, random, undefined);
    const failure = new Error('the run failed');

    const { failed } = await written(async () => {
      traces?.add({ eventId, startedAt: clock.now(), endedAt: clock.now(), hasFailed: true });
      throw failure;
    }, lambdaHandler);

    await expect.poll(() => daemon.datagrams).toEqual([expect.stringContaining(eventId)]);
    expect(failed).toBe(failure);
  });

  it('fail without the work, and with a line in the log', async () => {
    const { clock, random, lambdaHandler, traces } = await setUpWith({
      EVENT_TRACES: 'x-ray',
      AWS_XRAY_DAEMON_ADDRESS: 'nowhere',
    });
    const eventId = nextEventId(clock, random, undefined);

    const { err, out, failed } = await written(async () => {
      traces?.add({ eventId, startedAt: clock.now(), endedAt: clock.now(), hasFailed: false });
    }, lambdaHandler);

    expect(failed).toBeUndefined();
    expect(JSON.parse(err)).toMatchObject({
      level: 'WARN',
      message: 'events could not be added to the trace',
    });
    expect(out).toBe('');
  });

  it('do not exist unless the stack says so, although an invocation is recorded', async () => {
    expect((await setUpWith({})).traces).toBeUndefined();
  });
});
