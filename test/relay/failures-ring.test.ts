/** Each port fails for good under each function that uses it. An alarm must ring, although every failure is survived. */
import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../lib/relay/deliver/deliver.ts';
import { fanOut } from '../../lib/relay/fan-out/fan-out.ts';
import { ingest } from '../../lib/relay/ingest.ts';
import { sha256Hex } from '../../lib/relay/model/ids.ts';
import { StoreError } from '../../lib/relay/ports/event-log.ts';
import { SecretError } from '../../lib/relay/ports/outgoing.ts';
import { SecretCache } from '../../lib/relay/secrets/secret-cache.ts';
import { sweep } from '../../lib/relay/sweep/sweep.ts';
import { aRelay, OK, TOKEN, UNAVAILABLE } from './a-relay.ts';

type Relay = ReturnType<typeof aRelay>;
type FunctionName = keyof typeof FUNCTIONS;

/** `WorkFailingAlarm` rings after failures in three periods. */
const PERIODS = 3;
const PERIOD_MINUTES = 5;
/** Five refused or unanswered attempts open an endpoint's circuit. */
const WEBHOOKS_PER_PERIOD = 5;

const READS = [
  'newestEventId',
  'eventsNewestFirst',
  'event',
  'payload',
  'deliveries',
  'owed',
  'newestWebhook',
] as const;
const WRITES = [
  'putPayload',
  'putEvent',
  'putDeliveryIfAbsent',
  'updateDelivery',
  'finishFanOut',
  'recordFanOutAttempt',
  'recordOutcome',
  'postpone',
  'putAlias',
] as const;

/** Makes a port fail until the mocks are restored. */
const FAILURES = {
  'event log reads': (relay: Relay) => {
    for (const method of READS) vi.spyOn(relay.eventLog, method).mockImplementation(throttled);
  },
  'event log writes': (relay: Relay) => {
    for (const method of WRITES)
      vi.spyOn(relay.eventLog, method).mockRejectedValue(new StoreError('throttled'));
  },
  'config reads': ({ configTable }: Relay) => {
    for (const method of ['rows', 'healthRow'] as const)
      vi.spyOn(configTable, method).mockRejectedValue(new StoreError('throttled'));
  },
  'config writes': ({ configTable }: Relay) => {
    for (const method of ['updateHealth', 'removeHealth'] as const)
      vi.spyOn(configTable, method).mockRejectedValue(new StoreError('throttled'));
  },
  'queue sends': ({ eventQueue, deliveryQueue }: Relay) => {
    vi.spyOn(eventQueue, 'send').mockRejectedValue(new Error('throttled'));
    vi.spyOn(eventQueue, 'enqueueAgain').mockImplementation(async (messages) => [...messages]);
    vi.spyOn(deliveryQueue, 'send').mockImplementation(async (messages) => [...messages]);
  },
  secrets: ({ secrets }: Relay) => {
    vi.spyOn(secrets, 'read').mockRejectedValue(new SecretError('AccessDeniedException'));
  },
  expressions: ({ expressions }: Relay) => {
    vi.spyOn(expressions, 'evaluate').mockResolvedValue({ kind: 'failure', reason: 'no process' });
  },
  outgoing: ({ sender }: Relay) => {
    vi.spyOn(sender, 'post').mockResolvedValue({ kind: 'failure', error: 'connection refused' });
  },
};

function throttled(): never {
  throw new StoreError('throttled');
}

/** Prepares work for a function while everything works, and runs the function in each period. */
const FUNCTIONS = {
  ingest: {
    ports: ['event log reads', 'event log writes', 'config reads', 'queue sends'],
    prepare: async () => {},
    run: async (relay: Relay, context: Relay['relay']) => {
      for (const Id of orders()) {
        const body = Buffer.from(JSON.stringify({ Id }));
        await ingest(context, { token: TOKEN, rawQuery: '', contentType: 'application/json', body });
      }
      relay.eventQueue.take();
    },
  },
  'fan-out': {
    ports: Object.keys(FAILURES),
    prepare: async (relay: Relay) => {
      for (const Id of orders()) await relay.accepted({ Id });
    },
    run: async (relay: Relay, context: Relay['relay']) => {
      await fanOut(context, relay.eventQueue.take());
      relay.deliveryQueue.take();
    },
  },
  deliver: {
    ports: Object.keys(FAILURES),
    prepare: async (relay: Relay) => {
      for (const Id of orders()) await relay.accepted({ Id });
      await relay.fanOut();
    },
    run: async (relay: Relay, context: Relay['relay']) => {
      await deliver(context, relay.deliveryQueue.take(), relay.deadline());
    },
  },
  sweep: {
    ports: ['event log reads', 'event log writes', 'config reads', 'config writes', 'queue sends'],
    prepare: async (relay: Relay) => {
      for (const Id of orders()) await relay.accepted({ Id });
      await relay.fanOut();
      for (const Id of orders()) await relay.accepted({ Id });
      relay.deliveryQueue.take();
      relay.eventQueue.take();
    },
    run: async (relay: Relay, context: Relay['relay']) => {
      await sweep(context, relay.deadline());
    },
  },
};

let orderCount = 0;
function orders(): string[] {
  return Array.from({ length: WEBHOOKS_PER_PERIOD }, () => `order ${++orderCount}`);
}

/**
 * Fan-out attempts `erp` inline. Deliver attempts `shop`, which fails at every second request, so that there are retries.
 * `gone` is an endpoint that was removed.
 */
function aBusyRelay(): Relay {
  const relay = aRelay();
  const attributes = { transform: 'as it is', headers: { 'x-key': 'ssm:/relay/key' }, ordering: 'none' };
  relay.endpoint('erp', attributes);
  relay.newEndpoint('shop', attributes);
  let requests = 0;
  relay.sender.answers.set('shop', async () => (++requests % 2 === 0 ? OK : UNAVAILABLE));
  relay.health('gone', { state: 'ok', version: 1 });
  relay.secrets.values['/relay/key'] = 'a key';
  relay.expressions.means('as it is', () => ({}));
  return relay;
}

/** The metrics of each period, as the alarms see them: see `lib/stack/alarms.ts`. */
async function seen(name: FunctionName, port: keyof typeof FAILURES | undefined, isWarm: boolean) {
  const { prepare, run } = FUNCTIONS[name];
  const relay = aBusyRelay();
  let context = relay.another();
  const periods: { readonly problems: number; readonly failures: number; readonly failed: boolean }[] = [];
  for (let period = 0; period < PERIODS; period++) {
    await prepare(relay);
    if (isWarm) await context.config.endpoints(true);
    else context = { ...relay.another(), secretCache: new SecretCache(relay) };
    if (isWarm) await context.config.sourceByToken(sha256Hex(TOKEN));
    relay.minutes(PERIOD_MINUTES);
    relay.telemetry.counts.clear();
    if (port !== undefined) FAILURES[port](relay);
    const failed = await run(relay, context).then(
      () => false,
      () => true,
    );
    vi.restoreAllMocks();
    const { counts } = relay.telemetry;
    periods.push({
      problems: counts.get('Problems') ?? 0,
      failures: counts.get('WorkFailures') ?? 0,
      failed,
    });
  }
  return periods;
}

/** NeedsAttentionAlarm, WorkFailingAlarm or, for sweep, SweepStoppedAlarm. */
function rings(name: FunctionName, periods: Awaited<ReturnType<typeof seen>>): boolean {
  return (
    periods.some(({ problems }) => problems > 0) ||
    periods.every(({ failures }) => failures > 0) ||
    (name === 'sweep' && periods.every(({ failed }) => failed))
  );
}

describe.each(Object.keys(FUNCTIONS) as FunctionName[])('an alarm on %s', (name) => {
  const ports = FUNCTIONS[name].ports as (keyof typeof FAILURES)[];

  describe.each([
    ['warm', true],
    ['cold', false],
  ])('in a %s environment', (_, isWarm) => {
    it.each(ports)('rings when it has no %s', async (port) => {
      expect(rings(name, await seen(name, port, isWarm))).toBe(true);
    });

    it('is silent when everything works', async () => {
      expect(rings(name, await seen(name, undefined, isWarm))).toBe(false);
    });
  });
});
