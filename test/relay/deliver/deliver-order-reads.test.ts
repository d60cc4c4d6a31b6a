import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import type { DeliveryAttributes } from '../../../lib/relay/model/delivery.ts';
import type { EventId } from '../../../lib/relay/model/ids.ts';
import { aDelivery, anEndpointId } from '../../ports/builders.ts';
import { aRelay, ORDER } from '../a-relay.ts';

const ERP = anEndpointId('erp');
const SHOP = anEndpointId('shop');

/**
 * Fanned-out events of one order, oldest first, each with a row to `erp` in this state, or with no row because fan-out
 * delivered it; runs deliver for the first pending one.
 */
async function delivered(
  states: readonly (DeliveryAttributes['state'] | 'without a row')[],
  attributes: Record<string, unknown>,
) {
  const relay = aRelay();
  const ids: EventId[] = [];
  for (const _ of states) ids.push(await relay.accepted());
  await relay.fanOut();
  relay.newEndpoint('erp', attributes);
  relay.newEndpoint('shop', attributes);
  relay.minutes(1);
  const now = relay.clock.now();
  const row = (index: number, endpointId: typeof ERP, state: DeliveryAttributes['state']) =>
    aDelivery({
      orderKey: ORDER,
      eventId: ids[index] as EventId,
      endpointId,
      state,
      dueAt: now,
      owedSince: now,
    });
  for (const [index, state] of states.entries()) {
    const key = { orderKey: ORDER, eventId: ids[index] as EventId };
    if (state === 'without a row')
      await relay.eventLog.recordOutcome(key, ERP, { state: 'delivered' }, undefined);
    else await relay.eventLog.putDeliveryIfAbsent(row(index, ERP, state));
  }
  await relay.eventLog.putDeliveryIfAbsent(row(0, SHOP, 'pending'));
  const events: EventId[] = [];
  const all = relay.eventLog.eventsNewestFirst.bind(relay.eventLog);
  const newestFirst = vi.spyOn(relay.eventLog, 'eventsNewestFirst').mockImplementation(async function* (
    ...args
  ) {
    for await (const event of all(...args)) {
      events.push(event.eventId);
      yield event;
    }
  });
  const rows = vi.spyOn(relay.eventLog, 'deliveries');
  const event = vi.spyOn(relay.eventLog, 'event');
  const eventId = ids[states.indexOf('pending')] as EventId;
  await deliver(relay.relay, [{ orderKey: ORDER, eventId, endpointId: ERP }], relay.deadline());
  return { relay, ids, events, newestFirst, event, rows };
}

describe('deliver reads', () => {
  it('the events of a `latest` order back to the oldest pending delivery', async () => {
    const { ids, events } = await delivered(['dead', 'pending', 'dead', 'dead'], {});

    expect(events).toEqual(ids.slice(1).reverse());
  });

  it.each(['strict', 'none'])('no events of a `%s` order but the one that it sends', async (ordering) => {
    const { newestFirst, relay } = await delivered(['dead', 'pending'], { ordering });

    expect(newestFirst).not.toHaveBeenCalled();
    expect(relay.sender.requests).toHaveLength(1);
  });

  it.each(['latest', 'strict', 'none'])(
    'the rows of a `%s` order once for one delivery',
    async (ordering) => {
      const { rows } = await delivered(['pending'], { ordering });

      expect(rows).toHaveBeenCalledTimes(1);
    },
  );

  it('the rows of a `latest` order once although it supersedes an older delivery', async () => {
    const { relay, rows } = await delivered(['pending', 'pending'], {});

    expect(relay.sender.requests).toHaveLength(1);
    expect(rows).toHaveBeenCalledTimes(1);
  });
});

describe('deliver replaces the outcomes of a `latest` order that it has read, without another read,', () => {
  it.each<[string, Parameters<typeof delivered>[0], string[]]>([
    ['of the delivery that it sends', ['pending'], ['delivered']],
    ['and of an older one that it supersedes', ['pending', 'pending'], ['superseded', 'delivered']],
    ['of one that it supersedes without sending', ['pending', 'without a row'], ['superseded', 'delivered']],
  ])('%s', async (_, states, outcomes) => {
    const { relay, ids, event } = await delivered(states, {});

    expect(event).not.toHaveBeenCalled();
    const written = await Promise.all(ids.map((id) => relay.outcomes(id)));
    expect(written.map(({ erp }) => erp?.split(/[ :]/)[0])).toEqual(outcomes);
  });
});

describe('deliver changes', () => {
  it.each(['latest', 'strict', 'none'])('no row of another endpoint: ordering `%s`', async (ordering) => {
    const { relay } = await delivered(['pending'], { ordering });

    expect(relay.sender.to('shop')).toEqual([]);
    expect((await relay.rows()).map(({ endpointId, state }) => `${endpointId} ${state}`)).toEqual([
      'erp delivered',
      'shop pending',
    ]);
  });
});
