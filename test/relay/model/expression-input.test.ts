import { describe, expect, it } from 'vitest';
import { expressionInput } from '../../../lib/relay/model/expression-input.ts';
import { NOTICES, orderKeyOf, TESTS } from '../../../lib/relay/model/ids.ts';
import { anEvent, aPayload } from '../../ports/builders.ts';

describe('the input of an expression', () => {
  it('has the event, the order and the changes', () => {
    const event = anEvent({
      orderId: '1',
      niceId: 'Magic7-501',
      items: [],
      changes: [{ change: 'added', sku: 'MUG' }],
    });

    expect(expressionInput({ ...event, late: true }, aPayload('{"Id":"1"}'))).toEqual({
      event: {
        id: event.eventId,
        orderId: '1',
        niceId: 'Magic7-501',
        source: 'main',
        receivedAt: event.receivedAt.toISOString(),
        late: true,
      },
      order: { Id: '1' },
      changes: [{ change: 'added', sku: 'MUG' }],
    });
  });

  it('has nothing that is not known', () => {
    const event = anEvent({ items: [] });

    expect(expressionInput({ ...event, late: false }, aPayload('no JSON'))).toStrictEqual({
      event: { id: event.eventId, source: 'main', receivedAt: event.receivedAt.toISOString() },
      changes: [],
    });
  });

  it('says that the body is not an order', () => {
    const { event } = expressionInput(anEvent(), aPayload('no JSON'));

    expect(event).toHaveProperty('notAnOrder', true);
  });

  it('says that changes were left out', () => {
    const { event } = expressionInput(anEvent({ changesOmitted: 2 }), aPayload());

    expect(event).toHaveProperty('changesOmitted', 2);
  });

  it('says why the changes are not known', () => {
    const { event } = expressionInput(anEvent({ changesNote: 'items-cut' }), aPayload());

    expect(event).toHaveProperty('changesNote', 'items-cut');
  });

  it('marks a test', () => {
    const { event } = expressionInput(
      anEvent({ source: TESTS, orderKey: orderKeyOf(TESTS, '1') }),
      aPayload(),
    );

    expect(event).toHaveProperty('test', true);
  });

  it('has a notice in place of an order', () => {
    const input = expressionInput(anEvent({ source: NOTICES }), aPayload('{"type":"hub.silent"}'));

    expect(input).toMatchObject({ notice: { type: 'hub.silent' } });
    expect(input).not.toHaveProperty('order');
    expect(input.event).not.toHaveProperty('notAnOrder');
  });

  it('is parsed once for a payload', () => {
    const payload = aPayload('{"Id":"1"}');

    const [one, other] = [expressionInput(anEvent(), payload), expressionInput(anEvent(), payload)];

    expect(one.order).toBe(other.order);
  });
});
