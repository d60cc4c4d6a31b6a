import { describe, expect, it } from 'vitest';
import { listDeliveries } from '../../lib/operator/deliveries/deliveries.ts';
import { after } from '../../lib/relay/model/clock.ts';
import { attentionOf, type Delivery, type DeliveryAttributes } from '../../lib/relay/model/delivery.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryConfigTable } from '../memory/config-table.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryEventReader } from '../memory/event-reader.ts';
import { aDelivery, anEndpointId, anEvent, anEventId } from '../ports/builders.ts';

const [ERP, CRM] = [anEndpointId('erp'), anEndpointId('crm')];
const DUE_AT = new MemoryClock().now();

function aRelay() {
  const clock = new MemoryClock();
  const eventLog = new MemoryEventLog(clock);
  const configTable = new MemoryConfigTable();
  for (const id of [ERP, CRM]) configTable.put('endpoint', id, { url: 'https://erp.example/' });
  const connection = { clock, configTable, eventReader: new MemoryEventReader(eventLog) };

  const page = async (given: { readonly after?: string | undefined; readonly state?: 'cancelled' } = {}) => {
    const { found, next } = await listDeliveries(connection, { limit: 2, ...given });
    const names = found.map((one) =>
      one.kind === 'event' ? one.event.eventId : `${one.delivery.eventId} ${one.delivery.endpointId}`,
    );
    return { names, next };
  };
  return {
    eventLog,
    page,
    async pages(state?: 'cancelled') {
      const pages: string[][] = [];
      let next: string | undefined;
      do {
        const one = await page({ after: next, ...(state && { state }) });
        pages.push(one.names);
        next = one.next;
      } while (next !== undefined);
      return pages;
    },
    async owed(parts: Partial<DeliveryAttributes> = {}): Promise<Delivery> {
      const delivery = aDelivery({ dueAt: DUE_AT, ...parts });
      await eventLog.putDeliveryIfAbsent(delivery);
      return delivery;
    },
    async cancelled(minutesAgo: number, ...endpoints: (typeof ERP)[]) {
      const receivedAt = after(clock.now(), -60_000 * minutesAgo);
      const event = anEvent({ receivedAt, eventId: anEventId(new MemoryClock(receivedAt)) });
      await eventLog.putEvent(event, receivedAt);
      const outcome = { state: 'cancelled', reason: 'endpoint-disabled' } as const;
      const outcomes = Object.fromEntries(endpoints.map((id) => [id, outcome]));
      await eventLog.finishFanOut(event, {
        ...{ changes: [], outcomes, fannedOutAt: clock.now(), cancelledFor: endpoints },
      });
    },
  };
}

const dead = { state: 'dead', owedTo: attentionOf(ERP), settledAt: DUE_AT } as const;

describe('the pages of a list of deliveries', () => {
  it('contain each delivery once, also when all have one due time', async () => {
    const relay = aRelay();
    for (let count = 0; count < 3; count++) await relay.owed(dead);
    for (const endpointId of [ERP, CRM, ERP, CRM]) await relay.owed({ endpointId });

    const pages = await relay.pages();

    expect(pages.map(({ length }) => length)).toEqual([2, 2, 2, 1]);
    expect(new Set(pages.flat()).size).toBe(7);
  });

  it('leave out none when the last one of a page was settled meanwhile', async () => {
    const relay = aRelay();
    const deliveries = [];
    for (let count = 0; count < 4; count++)
      deliveries.push(await relay.owed({ dueAt: after(DUE_AT, 1_000 * count) }));
    const first = await relay.page();
    const last = deliveries.find(({ eventId }) => first.names[1]?.startsWith(eventId));
    if (last === undefined) throw new Error('the page has two deliveries');
    await relay.eventLog.updateDelivery(
      last,
      { state: 'pending', leaseId: undefined },
      { state: 'delivered', settledAt: DUE_AT, owedTo: null, dueAt: null },
    );

    expect((await relay.page({ after: first.next })).names).toHaveLength(2);
  });

  it('keep together the deliveries of one event that were cancelled in fan-out', async () => {
    const relay = aRelay();
    await relay.cancelled(1, ERP);
    await relay.cancelled(2, ERP, CRM);
    await relay.cancelled(3, CRM);

    const pages = await relay.pages('cancelled');

    expect(pages.map(({ length }) => length)).toEqual([3, 1]);
    expect(new Set(pages.flat()).size).toBe(4);
  });
});
