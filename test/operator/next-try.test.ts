import { describe, expect, it } from 'vitest';
import { nextTryText } from '../../lib/operator/cli/next-try-text.ts';
import { nextTryOf } from '../../lib/operator/deliveries/next-try.ts';
import type { ListedEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { maskEndpoint } from '../../lib/operator/endpoints/masked-endpoint.ts';
import { endpointSchema } from '../../lib/relay/endpoint/endpoint.ts';
import type { Health } from '../../lib/relay/health/health.ts';
import { after } from '../../lib/relay/model/clock.ts';
import type { DeliveryAttributes, UnfinishedDelivery } from '../../lib/relay/model/delivery.ts';
import { isUnfinished } from '../../lib/relay/model/delivery.ts';
import { aDelivery } from '../ports/builders.ts';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const [PAST, SOON] = [after(NOW, -60_000), after(NOW, 60_000)];
const NEXT_YEAR = new Date('2027-03-01T12:00:00.000Z');
const FAILING: Health = { state: 'failing', consecutiveFailures: 5, retryAt: SOON };
const HEALTHY: Health = { state: 'ok', consecutiveFailures: 0 };

function listed(attributes: object = {}, health: Health = HEALTHY): ListedEndpoint {
  const row = { id: 'erp', url: 'https://erp.example/', ...attributes };
  return { valid: maskEndpoint(endpointSchema.parse(row)), health };
}

function waiting(parts: Partial<DeliveryAttributes>): UnfinishedDelivery {
  const delivery = aDelivery(parts);
  if (!isUnfinished(delivery)) throw new Error('the delivery is settled');
  return delivery;
}

describe('the next try of a pending delivery', () => {
  it.each<[string, Partial<DeliveryAttributes>, ListedEndpoint | undefined, ReturnType<typeof nextTryOf>]>([
    ['is at its scheduled time', { nextAttemptAt: SOON }, listed(), { kind: 'at', at: SOON }],
    ['is now when that time has passed', { nextAttemptAt: PAST }, listed(), { kind: 'now' }],
    ['is now when it has no time', {}, listed(), { kind: 'now' }],
    [
      'comes with the next probe while the endpoint is failing, whatever its schedule says',
      { nextAttemptAt: after(NOW, 1_000) },
      listed({}, FAILING),
      { kind: 'probe', at: SOON },
    ],
    [
      'comes with a probe that is due',
      { nextAttemptAt: PAST },
      listed({}, { ...FAILING, retryAt: PAST }),
      { kind: 'probe' },
    ],
    [
      'waits for the operator while the endpoint is paused',
      { nextAttemptAt: SOON },
      listed({ state: 'paused' }, FAILING),
      { kind: 'resume' },
    ],
    ['is none for a disabled endpoint', {}, listed({ state: 'disabled' }), { kind: 'none' }],
    [
      'is none when the relay disabled the endpoint',
      {},
      listed({}, { ...HEALTHY, state: 'disabled' }),
      { kind: 'none' },
    ],
    ['is none for a removed endpoint', {}, undefined, { kind: 'none' }],
    [
      'waits until an invalid row is fixed',
      {},
      { invalid: { id: 'erp', reason: 'url is missing' } },
      { kind: 'fixed-row' },
    ],
    [
      'waits for an earlier delivery of its order',
      { reason: 'behind-earlier', nextAttemptAt: PAST },
      listed(),
      { kind: 'earlier-delivery' },
    ],
    [
      'depends on the rate limit once it is due',
      { nextAttemptAt: PAST },
      listed({ rateLimitPerSecond: 2 }),
      { kind: 'rate-limit' },
    ],
    [
      'is in flight under a lease',
      { state: 'leased', leaseUntil: SOON },
      listed({}, FAILING),
      { kind: 'in-flight' },
    ],
    [
      'is now after a lease that has expired',
      { state: 'leased', leaseUntil: PAST },
      listed(),
      { kind: 'now' },
    ],
    [
      'is now for a schedule of next year: the clock that made it was wrong',
      { nextAttemptAt: NEXT_YEAR },
      listed(),
      { kind: 'now' },
    ],
    [
      'is now for a later schedule when the endpoint has recovered since the last attempt',
      { nextAttemptAt: SOON, attempts: [{ at: PAST, durationMs: 20, status: 503 }] },
      listed({}, { ...HEALTHY, recoveredAt: NOW }),
      { kind: 'now' },
    ],
    [
      'keeps its schedule when the last attempt was after the recovery',
      { nextAttemptAt: SOON, attempts: [{ at: NOW, durationMs: 20, status: 503 }] },
      listed({}, { ...HEALTHY, recoveredAt: PAST }),
      { kind: 'at', at: SOON },
    ],
  ])('%s', (_, parts, endpoint, next) => {
    expect(nextTryOf(waiting(parts), endpoint, NOW)).toEqual(next);
  });

  it.each([
    [{ kind: 'at', at: SOON } as const, /^\d\d:\d\d:\d\d$/],
    [{ kind: 'probe', at: SOON } as const, /^with the next probe, \d\d:\d\d:\d\d$/],
    [{ kind: 'probe' } as const, /^with the next probe$/],
    [{ kind: 'now' } as const, /^now$/],
    [{ kind: 'resume' } as const, /^when resumed$/],
  ])('is shown in words: %j', (next, text) => {
    expect(nextTryText(next, NOW)).toMatch(text);
  });
});
