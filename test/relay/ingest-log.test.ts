import { describe, expect, it, vi } from 'vitest';
import { ingest } from '../../lib/relay/ingest.ts';
import { StoreError } from '../../lib/relay/ports/event-log.ts';
import { aRelay, TOKEN } from './a-relay.ts';

const FAILURE = new StoreError('throttled');

/** The errors in the log, and the event ids that they name. */
const errors = ({ telemetry }: ReturnType<typeof aRelay>) =>
  telemetry.log.filter(({ level }) => level === 'error').map(({ error, fields }) => [error, fields.eventId]);

describe('the log of ingest', () => {
  it('has one line for an accepted event, with its id and source', async () => {
    const relay = aRelay();

    const eventId = await relay.accepted();

    expect(relay.telemetry.log).toMatchObject([{ level: 'info', fields: { eventId, source: 'main' } }]);
  });

  it('has the error of an event that could not be stored, by its id', async () => {
    const relay = aRelay();
    vi.spyOn(relay.eventLog, 'putEvent').mockRejectedValue(FAILURE);

    const eventId = await relay.accepted();

    expect(errors(relay)).toEqual([[FAILURE, eventId]]);
  });

  it('has the error of an event that could not be enqueued, by its id', async () => {
    const relay = aRelay();
    vi.spyOn(relay.eventQueue, 'send').mockRejectedValue(FAILURE);

    const eventId = await relay.accepted();

    expect(errors(relay)).toEqual([[FAILURE, eventId]]);
  });

  it('has each failed read of an order, with its number', async () => {
    const relay = aRelay();
    vi.spyOn(relay.eventLog, 'newestEventId').mockRejectedValue(FAILURE);

    await relay.accepted();

    expect(relay.telemetry.log.map(({ error, fields }) => [error, fields.tried])).toEqual([
      [FAILURE, 1],
      [FAILURE, 2],
      [undefined, undefined],
    ]);
  });

  it('has the error of a source that could not be looked up, with the id of the event, if there is one', async () => {
    const relay = aRelay();
    vi.spyOn(relay.configTable, 'rows').mockRejectedValue(FAILURE);

    const eventId = await relay.accepted();
    await relay.webhook('');

    expect(errors(relay)).toEqual([
      [FAILURE, eventId],
      [FAILURE, undefined],
    ]);
  });

  it('has both errors of a webhook that neither the table nor the queue took', async () => {
    const relay = aRelay();
    const down = new Error('queue is down');
    vi.spyOn(relay.eventLog, 'putEvent').mockRejectedValue(FAILURE);
    vi.spyOn(relay.eventQueue, 'send').mockRejectedValue(down);

    await relay.webhook();

    expect(errors(relay).map(([error]) => error)).toEqual([FAILURE, down]);
  });
});

describe('ingest', () => {
  it('does not look up what is no token', async () => {
    const relay = aRelay();
    const rows = vi.spyOn(relay.configTable, 'rows');
    const request = { token: `${TOKEN}x`, rawQuery: '', body: Buffer.from('{}') };

    expect(await ingest(relay.relay, request)).toEqual({ kind: 'unknown address' });
    expect(rows).not.toHaveBeenCalled();
  });

  it('writes the payload of a later webhook of an order once', async () => {
    const relay = aRelay();
    await relay.accepted();
    const putPayload = vi.spyOn(relay.eventLog, 'putPayload');

    await relay.accepted();

    expect(putPayload).toHaveBeenCalledTimes(1);
  });
});
