import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { XRayTraces } from '../../../lib/aws/lambda/xray-traces.ts';
import { nextEventId } from '../../../lib/relay/model/ids.ts';
import { traced } from '../../../lib/relay/ports/traces.ts';
import { startXRayDaemon } from '../../end-to-end/an-xray-daemon.ts';
import { StandingClock } from '../../relay/standing-clock.ts';

const clock = new StandingClock();
const RECORDED = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';

const daemon = await startXRayDaemon();
beforeEach(() => daemon.clear());
afterAll(() => daemon.stop());

function anEventId() {
  return nextEventId(clock, Math.random, undefined);
}

function someWork(eventId = anEventId()) {
  const now = clock.now();
  return { eventId, startedAt: now, endedAt: now, hasFailed: false };
}

/** Traces of which each invocation is recorded unless the test changes the variable. */
function someTraces() {
  const environment: Record<string, string | undefined> = {
    AWS_XRAY_DAEMON_ADDRESS: daemon.address,
    _X_AMZN_TRACE_ID: RECORDED,
  };
  return { environment, traces: new XRayTraces(environment) };
}

/** The subsegments that were sent so far. A last one of another event shows that all before it have come. */
async function sent() {
  const { traces } = someTraces();
  const last = anEventId();
  traces.add(someWork(last));
  await traces.flush();
  await expect.poll(() => daemon.datagrams.at(-1)).toContain(last);
  return daemon.datagrams.slice(0, -1).map((datagram) => JSON.parse(datagram.split('\n')[1] ?? ''));
}

describe('XRayTraces', () => {
  it('sends a subsegment for the work on each event, under the segment of the invocation', async () => {
    const { traces } = someTraces();
    const [one, other] = [anEventId(), anEventId()];

    await traced({ clock, traces }, one, async () => clock.advance(250));
    await traced({ clock, traces }, other, async () => {});
    await traces.flush();

    const [first, second] = await sent();
    expect(first).toMatchObject({
      name: 'event',
      type: 'subsegment',
      trace_id: '1-5759e988-bd862e3fe1be46a994272793',
      parent_id: '53995c3f42cd8ad8',
      annotations: { eventId: one },
    });
    expect(first.end_time - first.start_time).toBeCloseTo(0.25, 3);
    expect(second.annotations).toEqual({ eventId: other });
    expect(second.id).not.toBe(first.id);
  });

  it('marks work that failed, and passes its error on', async () => {
    const { traces } = someTraces();
    const failure = new Error('the table is down');

    const failed = traced({ clock, traces }, anEventId(), () => Promise.reject(failure));

    await expect(failed).rejects.toBe(failure);
    await traces.flush();
    expect(await sent()).toMatchObject([{ fault: true }]);
    expect(daemon.datagrams.join('')).not.toContain('table is down');
  });

  it.each([
    ['has no segment', undefined],
    ['is not recorded', RECORDED.replace('Sampled=1', 'Sampled=0')],
    ['has a segment in a form that is unknown', 'Root=1;Sampled=1'],
  ])('sends nothing for an invocation that %s, then or later', async (_, traceId) => {
    const { traces, environment } = someTraces();
    environment._X_AMZN_TRACE_ID = traceId;
    traces.add(someWork());
    await traces.flush();

    environment._X_AMZN_TRACE_ID = RECORDED;
    await traces.flush();

    expect(await sent()).toEqual([]);
  });

  it('sends as many events as X-Ray indexes in a trace', async () => {
    const { traces } = someTraces();
    for (let event = 0; event < 60; event++) traces.add(someWork());

    await traces.flush();

    expect(await sent()).toHaveLength(50);
  });

  it.each([undefined, '127.0.0.1:no-port', '127.0.0.1:0', 'no address'])(
    'rejects when the address of the daemon is %s',
    async (address) => {
      const { traces, environment } = someTraces();
      environment.AWS_XRAY_DAEMON_ADDRESS = address;
      traces.add(someWork());

      await expect(traces.flush()).rejects.toThrow();
    },
  );
});

describe('a relay without traces', () => {
  it('only does the work', async () => {
    expect(await traced({ clock }, anEventId(), async () => 'done')).toBe('done');
  });
});
