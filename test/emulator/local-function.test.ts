import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FunctionSettings } from '../../lib/emulator/lambda/invocation.ts';
import { LocalFunction } from '../../lib/emulator/lambda/local-function.ts';
import { aGate } from './gate.ts';

function aLocalFunction(
  fixture: string,
  settings: Partial<FunctionSettings & { readonly concurrency: number }> = {},
) {
  const { concurrency = 1, ...rest } = settings;
  const lines: string[] = [];
  const lambda = new LocalFunction(
    {
      name: 'Thing',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:Thing',
      handlerFile: fileURLToPath(new URL(`./fixtures/${fixture}`, import.meta.url)),
      timeoutSeconds: 10,
      memoryMb: 128,
      environment: {},
      ...rest,
    },
    { concurrency, writeLine: (line) => lines.push(line) },
  );
  onTestFinished(() => lambda.stop(AbortSignal.abort()));
  return {
    lines,
    stop: (limit: AbortSignal) => lambda.stop(limit),
    async invoke(event: unknown) {
      const outcome = await lambda.invoke(JSON.stringify(event));
      return outcome.kind === 'result'
        ? { result: JSON.parse(outcome.result) }
        : { error: outcome.message.split('\n')[0] };
    },
  };
}

describe('a function on this machine', () => {
  it('is given the event, and a context as Lambda makes it', async () => {
    const { invoke } = aLocalFunction('counts.ts');

    const { result } = await invoke({ hello: 'world' });

    expect(result.event).toEqual({ hello: 'world' });
    expect(result.context).toMatchObject({
      functionName: 'Thing',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Thing',
      memoryLimitInMB: '128',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      logGroupName: '/aws/lambda/Thing',
      logStreamName: expect.stringContaining('[$LATEST]'),
    });
    expect(result.remainingMs).toBeGreaterThan(9_000);
    expect(result.remainingMs).toBeLessThanOrEqual(10_000);
  });

  it('has an environment of its own', async () => {
    const { invoke } = aLocalFunction('counts.ts', { environment: { TABLE: 'Things' } });

    const { result } = await invoke({});

    expect(result.environment).toMatchObject({ TABLE: 'Things', AWS_LAMBDA_FUNCTION_NAME: 'Thing' });
    expect(result.environment).not.toHaveProperty('PATH');
  });

  it('uses an environment again while it is warm', async () => {
    const { invoke } = aLocalFunction('counts.ts', { concurrency: 2 });

    const counts = [await invoke({}), await invoke({}), await invoke({})].map(({ result }) => result.count);

    expect(counts).toEqual([1, 2, 3]);
  });

  it('runs no more invocations at once than it may, and the others after them', async () => {
    const gate = await aGate();
    const { invoke } = aLocalFunction('asks-first.ts', { concurrency: 2 });

    const outcomes = Promise.all([1, 2, 3].map(() => invoke({ url: gate.url })));
    await expect.poll(() => gate.waiting).toBe(2);
    gate.open();
    await expect.poll(() => gate.arrived).toBe(3);
    gate.open();
    gate.open();

    expect(await outcomes).toHaveLength(3);
    expect(gate.mostWaiting).toBe(2);
  });

  it('fails when it throws, and says so', async () => {
    const { invoke, lines } = aLocalFunction('misbehaves.ts');

    expect(await invoke({ how: 'throw' })).toEqual({ error: 'Error: boom' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'ERROR',
      error: expect.stringContaining('boom'),
    });
    expect(await invoke({})).toEqual({ result: 'well' });
  });

  it.each(['hang', 'spin'])('is stopped when it is past its timeout (%s), and starts afresh', async (how) => {
    const { invoke } = aLocalFunction('misbehaves.ts', { timeoutSeconds: 0.5 });

    expect(await invoke({ how })).toEqual({ error: 'Task timed out after 0.50 seconds' });
    expect(await invoke({})).toEqual({ result: 'well' });
  });

  it('fails when its process ends, and starts afresh', async () => {
    const { invoke } = aLocalFunction('misbehaves.ts');

    expect(await invoke({ how: 'exit' })).toEqual({ error: 'The function ended its own process' });
    expect(await invoke({})).toEqual({ result: 'well' });
  });

  it('fails with the reason when its file cannot be imported', async () => {
    const { invoke } = aLocalFunction('fails-to-import.ts');

    expect(await invoke({})).toEqual({ error: 'Error: a variable is missing' });
  });

  it('fails when its file exports no handler, and names the file', async () => {
    const { invoke } = aLocalFunction('exports-no-handler.ts');

    expect(await invoke({})).toEqual({
      error: expect.stringMatching(/exports-no-handler\.ts exports no function called handler$/),
    });
  });

  it('ends what it is doing before it stops', async () => {
    const gate = await aGate();
    const { invoke, stop } = aLocalFunction('asks-first.ts');
    const outcome = invoke({ url: gate.url });
    await expect.poll(() => gate.waiting).toBe(1);

    const stopped = stop(AbortSignal.timeout(20_000));
    gate.open();
    await stopped;

    expect(await outcome).toEqual({ result: { statusCode: 200, body: 'open' } });
  });

  it('stops in the middle of what it is doing when the limit is reached', async () => {
    const { invoke, stop } = aLocalFunction('misbehaves.ts');
    const outcome = invoke({ how: 'hang' });

    await stop(AbortSignal.timeout(10));

    expect(await outcome).toHaveProperty('error');
  });
});
