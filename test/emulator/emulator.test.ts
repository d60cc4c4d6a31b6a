import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { aRelay } from './a-relay.ts';
import { aFunction, aQueue, aRoute, aSchedule } from './a-template.ts';
import { aGate } from './gate.ts';

describe('the emulator', () => {
  it("hands a webhook to the function of its route, and gives back the function's answer", async () => {
    const { url } = await aRelay({ Echo: aFunction('echo.ts'), ...aRoute('POST /webhooks/{token}', 'Echo') });

    const response = await fetch(`${url}/webhooks/abc?orderid=7`, { method: 'POST', body: 'hello' });

    expect(await response.json()).toMatchObject({
      event: { rawQueryString: 'orderid=7', pathParameters: { token: 'abc' }, body: 'hello' },
    });
  });

  it('tells programs on this machine where its parts are', async () => {
    const { url, discovery } = await aRelay({ Queue: aQueue() });

    const response = await fetch(`${url}/.well-known/sensaria-relay`);

    expect(await response.json()).toEqual(discovery);
    expect(discovery).toEqual({
      QueueUrl: `${discovery.sqsEndpoint}/000000000000/Queue`,
      dynamoDbEndpoint: expect.stringMatching(/^http:\/\/127(\.\d+){3}:\d+$/),
      sqsEndpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      region: 'us-east-1',
      dataDir: null,
    });
  });

  it('tells nothing to a web page whose name was made to resolve to this machine', async () => {
    const { url } = await aRelay({});
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('GET /.well-known/sensaria-relay HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');

    const answer = (await socket.toArray()).join('');

    expect(answer).toMatch(/^HTTP\/1.1 404/);
    expect(answer).not.toContain('dynamoDbEndpoint');
  });

  it('runs its schedules when it starts, and when it is asked to', async () => {
    const { lines, runSchedules } = await aRelay({
      Sweep: aFunction('logs-event.ts'),
      EveryMinute: aSchedule('Sweep'),
    });
    await expect.poll(() => lines).toHaveLength(1);

    await runSchedules();

    await expect.poll(() => lines).toHaveLength(2);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ source: 'aws.scheduler', detail: '{}' });
  });

  it('answers what it has taken before it stops', async () => {
    const gate = await aGate();
    const { url, stop } = await aRelay({ Slow: aFunction('asks-first.ts'), ...aRoute('POST /slow', 'Slow') });
    const answer = fetch(`${url}/slow`, { method: 'POST', body: gate.url });
    await expect.poll(() => gate.waiting).toBe(1);

    const stopped = stop();
    gate.open();

    expect(await (await answer).text()).toBe('open');
    await stopped;
  });

  it('stops in the middle of everything when its limit is reached', async () => {
    const gate = await aGate();
    const { url, stop } = await aRelay({ Slow: aFunction('asks-first.ts'), ...aRoute('POST /slow', 'Slow') });
    const answer = fetch(`${url}/slow`, { method: 'POST', body: gate.url });
    answer.catch(() => {});
    await expect.poll(() => gate.waiting).toBe(1);

    await stop(10);

    await expect(answer).rejects.toThrow();
  });

  it('does not start with a template that it does not understand', async () => {
    await expect(aRelay({ Bucket: { Type: 'AWS::S3::Bucket' } })).rejects.toThrow(/AWS::S3::Bucket/);
  });
});
