import { describe, expect, it } from 'vitest';
import { ORDER_ID } from '../../lib/demo/order-life.ts';
import type { Arrival } from '../../lib/demo/receiver.ts';
import { type Accepted, problemsOf, type StateOf } from '../../lib/demo/verdict.ts';

const ACCEPTED: readonly Accepted[] = [1, 2, 3].map((number) => ({
  statuses: [],
  body: Buffer.from(`{"number":${number}}`),
  eventId: `evt_${number}`,
  acceptedAtMs: number,
  durationMs: 1,
}));

function anArrival(number: number, changed: Partial<Arrival> = {}): Arrival {
  return {
    endpointId: 'erp',
    eventId: `evt_${number}`,
    orderId: ORDER_ID,
    contentType: 'application/json',
    body: Buffer.from(`{"number":${number}}`),
    status: 200,
    answeredAtMs: number,
    ...changed,
  };
}

function problems(
  ordering: 'latest' | 'strict',
  arrivals: readonly Arrival[],
  stateOf: StateOf = () => 'delivered',
): string[] {
  return problemsOf({ id: 'erp', ordering }, ACCEPTED, arrivals, stateOf);
}

const superseded: StateOf = (_, eventId) => (eventId === 'evt_3' ? 'delivered' : 'superseded');

describe('the verdict of the demo', () => {
  it('accepts every webhook in order', () => {
    expect(problems('strict', [anArrival(1), anArrival(2), anArrival(3)])).toEqual([]);
  });

  it('accepts superseded webhooks with `latest` only', () => {
    expect(problems('latest', [anArrival(3)], superseded)).toEqual([]);
    expect(problems('strict', [anArrival(3)], superseded)).toEqual([
      'erp did not receive webhook 1 (evt_1)',
      'erp did not receive webhook 2 (evt_2)',
    ]);
  });

  it('finds a webhook that neither arrived nor was superseded', () => {
    expect(problems('latest', [anArrival(1), anArrival(3)])).toEqual([
      'erp did not receive webhook 2 (evt_2)',
    ]);
  });

  it('does not count a refused request, or one of another endpoint', () => {
    const arrivals = [anArrival(3, { status: 503 }), anArrival(3, { endpointId: 'shop' })];

    expect(problems('latest', arrivals, superseded)).toEqual([
      'erp did not receive webhook 3 (evt_3)',
      'erp ends on webhook 0 of 3',
    ]);
  });

  it('finds an older webhook after a newer one, and an endpoint that ends on it', () => {
    expect(problems('latest', [anArrival(1), anArrival(3), anArrival(2)])).toEqual([
      'erp received webhook 2 after webhook 3',
      'erp ends on webhook 2 of 3',
    ]);
  });

  it.each([
    [{ body: Buffer.from('{}') }, 'with other bytes than were sent'],
    [{ contentType: 'text/plain' }, 'as text/plain'],
    [{ orderId: null }, 'with the order id null'],
  ])('finds what was changed on the way: %o', (changed, text) => {
    const arrivals = [anArrival(1), anArrival(2, changed), anArrival(3)];

    expect(problems('strict', arrivals)).toEqual([`erp received webhook 2 (evt_2) ${text}`]);
  });
});
