import { describe, expect, it } from 'vitest';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { showEvent } from '../../lib/operator/events/events.ts';
import { replayEvents } from '../../lib/operator/replay/replays.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import { after as later } from '../../lib/relay/model/clock.ts';
import { useRunningRelay } from '../end-to-end/a-running-relay.ts';
import { anOrder, sendAccepted } from '../end-to-end/the-hub.ts';
import { outcomeTexts } from '../relay/outcome-texts.ts';
import { anHttpServer } from './http-server.ts';

const relay = useRunningRelay();

const EVENTS = 12;

describe('a replay on a relay that runs', () => {
  it('sends an endpoint the events from before it was added', async () => {
    const { connection, runSchedules } = relay();
    const { address } = await addSource(connection, 'main');
    const eventIds: string[] = [];
    for (let order = 1; order <= EVENTS; order++) {
      const body = anOrder(String(order));
      eventIds.push(
        await sendAccepted(address, { orderId: String(order), contentType: 'application/json', body }),
      );
    }
    const show = (eventId: string) => showEvent(connection, { eventId });
    for (const eventId of eventIds) {
      await expect.poll(() => show(eventId)).toHaveProperty('fannedOutAt');
    }
    const late = await anHttpServer();
    await addEndpoint(connection, 'late', { url: late.url });
    const since = later(new Date(), -3_600_000);

    const result = await replayEvents(connection, {
      endpointId: 'late',
      since,
      includeDelivered: false,
      includeSkipped: false,
    });

    expect(result).toMatchObject({ counts: { replayed: EVENTS }, enqueued: true });
    const arrived = async () => {
      await runSchedules();
      return new Set(late.requests.map(({ headers }) => headers['webhook-id'])).size;
    };
    await expect.poll(arrived, { interval: 500 }).toBe(EVENTS);
    for (const eventId of eventIds) {
      await expect
        .poll(async () => outcomeTexts(await show(eventId)))
        .toEqual({ late: expect.stringMatching(/^delivered 200 in \d+ ms, replayed$/) });
    }
  });
});
