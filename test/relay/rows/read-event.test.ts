import { describe, expect, it } from 'vitest';
import { after } from '../../../lib/relay/model/clock.ts';
import type { EventRecord } from '../../../lib/relay/model/event.ts';
import { eventTime } from '../../../lib/relay/model/ids.ts';
import type { Row } from '../../../lib/relay/rows/attributes.ts';
import { eventAttributes } from '../../../lib/relay/rows/event-attributes.ts';
import { outcomeIn, readEvent, readEventOutline } from '../../../lib/relay/rows/read-event.ts';
import { anEndpointId, anEvent } from '../../ports/builders.ts';
import { NOON, seconds } from '../attempts.ts';

const [erp, member] = [anEndpointId('erp'), anEndpointId('constructor')];
const key = anEvent();

/** An event with every attribute. */
const full: EventRecord = {
  ...key,
  orderId: '12345',
  niceId: 'Magic7-501',
  receivedAt: seconds(1),
  endpointId: erp,
  noSnapshot: 'not JSON',
  items: [{ sku: 'MUG-11', product: 'Mug', status: 'Shipped', trackingNumber: '1Z1' }, {}],
  itemsOmitted: 2,
  changes: [
    { change: 'added', sku: 'MUG-11', statusTo: 'New' },
    {
      change: 'changed',
      statusFrom: 'New',
      statusTo: 'Shipped',
      trackingNumberFrom: '1',
      trackingNumberTo: '2',
    },
    { change: 'removed' },
  ],
  changesOmitted: 3,
  changesNote: 'items-cut',
  outcomes: {
    [erp]: { state: 'delivered', status: 200, durationMs: 143, attempt: 2, late: true, replayed: true },
    [member]: { state: 'pending', reason: 'endpoint-paused', error: 'timeout' },
  },
  fannedOutAt: seconds(2),
  fanOutAttempts: 4,
  quarantinedUntil: seconds(3),
  abandonedAt: seconds(4),
  forgottenAt: seconds(5),
};
const row: Row = { ...eventAttributes(full), fannedOutAt: seconds(2).toISOString() };

/** The event of the row with some attributes changed. */
const readWith = (attributes: object) => readEvent(key, { ...row, ...attributes });

describe('the row of an event', () => {
  it('gives back every attribute', () => {
    expect(readEvent(key, row)).toEqual(full);
  });

  it('has no fan-out before fan-out', () => {
    expect(eventAttributes(full)).not.toHaveProperty('fannedOutAt');
    expect(eventAttributes(key)).not.toHaveProperty('outcomes');
  });

  it('has neither changes nor outcomes in its outline', () => {
    const { changes: _, outcomes: __, ...outline } = full;

    expect(readEventOutline(key, row)).toStrictEqual(outline);
  });

  it('needs nothing but its key', () => {
    expect(readEvent(key, {})).toEqual({
      orderKey: key.orderKey,
      eventId: key.eventId,
      source: 'main',
      receivedAt: eventTime(key.eventId),
    });
  });

  it.each<[keyof EventRecord, unknown]>([
    ['orderId', 12345],
    ['niceId', null],
    ['endpointId', 'a#b'],
    ['noSnapshot', 'torn'],
    ['items', 'none'],
    ['items', [7]],
    ['items', [{ sku: 7 }]],
    ['items', [{ product: 7 }]],
    ['items', [{ status: 7 }]],
    ['items', [{ trackingNumber: 7 }]],
    ['itemsOmitted', 'two'],
    ['changes', [{ change: 'moved' }]],
    ['changes', [{ change: 'added', sku: 7 }]],
    ['changes', [{ change: 'added', statusFrom: 7 }]],
    ['changes', [{ change: 'added', statusTo: 7 }]],
    ['changes', [{ change: 'added', trackingNumberFrom: 7 }]],
    ['changes', [{ change: 'added', trackingNumberTo: 7 }]],
    ['changesOmitted', '3'],
    ['changesNote', 'a note'],
    ['outcomes', 'delivered'],
    ['outcomes', null],
    ['fanOutAttempts', -1],
    ['fanOutAttempts', 1.5],
    ['quarantinedUntil', 'tomorrow'],
    ['abandonedAt', '2026-03-01'],
    ['forgottenAt', '2026-03-01T13:00:00+01:00'],
    ['forgottenAt', '2026-03-01T12:00:07.5Z'],
    ['forgottenAt', '2026-03-01T12:00Z'],
  ])('is read without an attribute %s of %j', (name, value) => {
    const { [name]: _, ...others } = full;

    const read = readWith({ [name]: value });

    expect(read).toEqual(others);
    expect(read).not.toHaveProperty(name);
  });

  it('takes an unreadable source from the key, and an unreadable time from the id', () => {
    const read = readWith({ source: 'a source', receivedAt: 'yesterday' });

    expect(read).toMatchObject({ source: 'main', receivedAt: eventTime(key.eventId) });
  });

  it('was fanned out whenever its time is there', () => {
    expect(readWith({ fannedOutAt: 'done' }).fannedOutAt).toEqual(eventTime(key.eventId));
    expect(readWith({ fannedOutAt: undefined })).not.toHaveProperty('fannedOutAt');
  });

  it('may have times without milliseconds', () => {
    expect(readWith({ forgottenAt: '2026-03-01T12:00:07Z' }).forgottenAt).toEqual(after(NOON, 7_000));
  });
});

describe('the outcomes in the row of an event', () => {
  const outcomesOf = (outcomes: unknown) => ({ ...readWith({ outcomes }).outcomes });

  it('are read one by one: a wrong one hides no other', () => {
    const good = { state: 'dead' };
    const wrong = { 'a#b': good, a: { state: 'lost' }, b: {}, c: null, d: 'delivered', e: [] };

    expect(outcomesOf({ ...wrong, erp: good })).toEqual({ erp: good });
  });

  it.each([
    ['reason', 'weather'],
    ['status', '200'],
    ['durationMs', null],
    ['error', 7],
    ['attempt', 'second'],
    ['late', false],
    ['replayed', 'yes'],
  ])('are read without a wrong %s', (name, value) => {
    expect(outcomesOf({ erp: { state: 'dead', [name]: value } })).toEqual({ erp: { state: 'dead' } });
  });

  it('are read for one endpoint', () => {
    expect(outcomeIn(row.outcomes, erp)).toMatchObject({ state: 'delivered', status: 200 });
    expect(outcomeIn(row.outcomes, member)).toMatchObject({ state: 'pending' });
    expect(outcomeIn(row.outcomes, anEndpointId('shop'))).toBeUndefined();
  });

  it.each([undefined, null, 'delivered', 7])('are none in %j', (outcomes) => {
    expect(outcomeIn(outcomes, erp)).toBeUndefined();
  });

  it('know no endpoint that is only a member of every object', () => {
    expect(outcomeIn({}, member)).toBeUndefined();
    expect(readWith({ outcomes: {} }).outcomes?.[member]).toBeUndefined();
  });
});
