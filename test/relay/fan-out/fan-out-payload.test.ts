import { describe, expect, it, vi } from 'vitest';
import { UnreadableRowError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay, ORDER } from '../a-relay.ts';

describe('an event whose payload fan-out cannot read', () => {
  it.each<[string, () => Promise<undefined>, string]>([
    ['it has expired', async () => undefined, 'dead: payload is gone: it expired or was erased'],
    [
      'its row is unreadable',
      () => Promise.reject(new UnreadableRowError('no body')),
      'dead: payload row cannot be read',
    ],
  ])('is left to deliver, which ends it as dead: %s', async (_, read, dead) => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.endpoint('shop', { sources: ['other'] });
    const eventId = await relay.accepted();
    vi.spyOn(relay.eventLog, 'payload').mockImplementation(read);

    expect(await relay.fanOut()).toEqual([]);
    expect(await relay.outcomes(eventId)).toEqual({ erp: 'pending' });
    await relay.deliver();

    expect(await relay.outcomes(eventId)).toEqual({ erp: dead });
    expect(await relay.owed('attention#erp')).toMatchObject([{ eventId }]);
    expect(relay.sender.requests).toEqual([]);
  });

  it('supersedes no older delivery', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'paused' });
    const older = await relay.accepted();
    await relay.fanOut();
    const newest = await relay.accepted();
    await relay.eventLog.erasePayload({ orderKey: ORDER, eventId: newest });
    await relay.fanOut();

    relay.newEndpoint('erp');
    await relay.run(2);

    expect(relay.sender.eventsTo('erp')).toEqual([older]);
    expect(await relay.outcomes(newest)).toMatchObject({
      erp: expect.stringMatching(/^dead: payload/),
    });
  });

  it('is cancelled at once for an endpoint that is disabled', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.health('erp', { state: 'disabled', reason: 'it answered 410: gone for good' });
    const eventId = await relay.accepted();
    await relay.eventLog.erasePayload({ orderKey: ORDER, eventId });

    await relay.fanOut();

    expect(await relay.outcomes(eventId)).toMatchObject({ erp: expect.stringMatching(/^cancelled/) });
    expect(await relay.rows()).toEqual([]);
  });
});

describe('an event whose order was forgotten', () => {
  it.each([
    ['its payload is erased', 'erased'],
    ['its payload is not erased yet', 'marked'],
  ])('is cancelled, with nothing sent and nothing owed: %s', async (_, stage) => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    await relay.eventLog.noteForgotten({ orderKey: ORDER, eventId });
    if (stage === 'erased') await relay.eventLog.erasePayload({ orderKey: ORDER, eventId });

    await relay.fanOut();

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'cancelled: payload was erased' });
    expect(relay.eventLog.allOwed()).toEqual([]);
    expect(relay.sender.requests).toEqual([]);
  });

  it('is skipped by deliver when it is forgotten while fan-out reads it', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const eventId = await relay.accepted();
    vi.spyOn(relay.eventLog, 'payload').mockImplementationOnce(async (key) => {
      await relay.eventLog.noteForgotten(key);
      await relay.eventLog.erasePayload(key);
      return undefined;
    });

    await relay.work();

    expect(await relay.outcomes(eventId)).toEqual({ erp: 'skipped: payload was erased' });
    expect(relay.eventLog.allOwed()).toEqual([]);
    expect(relay.sender.requests).toEqual([]);
  });
});
