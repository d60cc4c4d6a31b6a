import { describe, expect, it } from 'vitest';
import { endpointIdSchema } from '../../lib/relay/endpoint/endpoint-id.ts';
import { sourceIdSchema } from '../../lib/relay/endpoint/source.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { isEventId, orderKeyOf } from '../../lib/relay/model/ids.ts';
import type { Outcome } from '../../lib/relay/model/outcome.ts';
import { type Arrival, drawOrderings, IDS, type Id, type Orderings } from './five-endpoints.ts';
import { duplicatesAt, type Evidence, unsettled, wrongs } from './verdict.ts';

const ORDERINGS: Orderings = {
  erp: 'latest',
  shop: 'latest',
  audit: 'strict',
  chat: 'none',
  warehouse: 'none',
};
const OLDER = 'evt_01M86YD77ANE252CV2ANWH4CS1';
const NEWER = 'evt_01M86YD77ANE252CV2ANWH4CS9';

function arrival(endpoint: Id, eventId: string, startedAtMs: number): Arrival {
  return { endpoint, orderId: '7-1', eventId, startedAtMs, acknowledgedAtMs: startedAtMs + 5 };
}

function event(eventId: string, outcomes: Partial<Record<Id, Outcome>> = {}): EventRecord {
  if (!isEventId(eventId)) throw new Error(`${eventId} is no event id`);
  const source = sourceIdSchema.parse('main');
  return {
    orderKey: orderKeyOf(source, '7-1'),
    eventId,
    source,
    receivedAt: new Date('2026-03-01T00:00:00Z'),
    outcomes: Object.fromEntries<Outcome>(
      IDS.map((id) => [
        endpointIdSchema.parse(id),
        outcomes[id] ?? { state: 'delivered', status: 200, durationMs: 5 },
      ]),
    ),
  };
}

/** Two events of an order that came to every endpoint, one after the other. */
function evidence(given: Partial<Evidence> = {}): Evidence {
  return {
    orderings: ORDERINGS,
    accepted: [OLDER, NEWER].map((eventId) => ({ orderId: '7-1', eventId })),
    arrivals: IDS.flatMap((id) => [arrival(id, OLDER, 100), arrival(id, NEWER, 200)]),
    events: new Map([OLDER, NEWER].map((eventId) => [eventId, event(eventId)])),
    ...given,
  };
}

function without(endpoint: Id, eventId: string): Arrival[] {
  return evidence().arrivals.filter((one) => one.endpoint !== endpoint || one.eventId !== eventId);
}

describe('the verdict on a relay that was killed', () => {
  it('has nothing against one that gave everything to everybody in order', () => {
    expect([...unsettled(evidence()), ...wrongs(evidence())]).toEqual([]);
  });

  it('misses what never arrived, whatever the event log says', () => {
    expect(unsettled(evidence({ arrivals: without('chat', OLDER) }))).toEqual([
      `${OLDER} never arrived at chat`,
    ]);
  });

  it('misses what arrived and was never answered', () => {
    const { acknowledgedAtMs: _, ...unanswered } = arrival('chat', OLDER, 100);

    expect(unsettled(evidence({ arrivals: [...without('chat', OLDER), unanswered] }))).toHaveLength(1);
  });

  it('misses what is still pending', () => {
    const events = new Map(evidence().events).set(
      OLDER,
      event(OLDER, { audit: { state: 'pending', status: 503, durationMs: 5 } }),
    );

    expect(unsettled(evidence({ events }))).toEqual([`${OLDER} is pending for audit`]);
  });

  it('lets a snapshot be superseded for an endpoint that wants the latest, and for no other', () => {
    const superseded = event(OLDER, {
      erp: { state: 'superseded', reason: 'newer-event' },
      chat: { state: 'superseded', reason: 'newer-event' },
    });
    const events = new Map(evidence().events).set(OLDER, superseded);

    expect(unsettled(evidence({ events }))).toEqual([`${OLDER} is superseded for chat`]);
  });

  it('finds an older snapshot that was sent after a newer one was acknowledged', () => {
    const arrivals = [...evidence().arrivals, arrival('shop', OLDER, 300), arrival('shop', NEWER, 400)];

    const [wrong, ...others] = wrongs(evidence({ arrivals }));

    expect(wrong).toMatch(`shop was sent ${OLDER} after it had ${NEWER}: ${OLDER} from`);
    expect(wrong).toMatch(`; ${OLDER} from 300.0 to`);
    expect(others).toEqual([]);
  });

  it('accepts an older snapshot in a request that the relay had given up by then', () => {
    const late = { ...arrival('shop', OLDER, 300), isAbandoned: true } as const;

    expect(
      wrongs(evidence({ arrivals: [...evidence().arrivals, late] })).filter((text) =>
        text.includes('was sent'),
      ),
    ).toEqual([]);
  });

  it('finds an endpoint that ends on an older snapshot', () => {
    expect(wrongs(evidence({ arrivals: without('erp', NEWER) }))).toEqual([
      `erp ends on ${OLDER}, the newest is ${NEWER}`,
    ]);
  });

  it('finds events out of order where the order is strict, but for one that is marked as late', () => {
    const arrivals = [...without('audit', OLDER), arrival('audit', OLDER, 300)];
    const late = event(OLDER, { audit: { state: 'delivered', status: 200, durationMs: 5, late: true } });

    expect(wrongs(evidence({ arrivals }))).toEqual([`audit got ${OLDER} after ${NEWER}`]);
    expect(wrongs(evidence({ arrivals, events: new Map(evidence().events).set(OLDER, late) }))).toEqual([]);
  });

  it('counts what an endpoint got again after it had acknowledged it', () => {
    const { acknowledgedAtMs: _, ...unanswered } = arrival('chat', OLDER, 50);
    const arrivals = [unanswered, ...evidence().arrivals, arrival('chat', OLDER, 300)];

    expect(duplicatesAt('chat', arrivals)).toBe(1);
    expect(duplicatesAt('erp', arrivals)).toBe(0);
  });
});

describe('the orderings of the five endpoints', () => {
  it('have every way among them, whatever chance says', () => {
    for (const random of [0, 0.5, 0.999]) {
      expect(new Set(Object.values(drawOrderings(() => random)))).toEqual(
        new Set(['latest', 'strict', 'none']),
      );
    }
  });
});
