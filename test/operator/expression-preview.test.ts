import { describe, expect, it } from 'vitest';
import { previewExpressions } from '../../lib/operator/endpoints/expression-preview.ts';
import { InvalidInputError, NotFoundError } from '../../lib/operator/errors.ts';
import { connectionTo } from '../console/a-console.ts';
import { anOrder } from '../console/busy-relay.ts';
import { aRelay, UNAVAILABLE } from '../relay/a-relay.ts';

const FILTER = 'order.Wanted';
const QUERY = { endpointId: 'erp', limit: 50 };

async function withTwoOrders() {
  const relay = aRelay();
  relay.endpoint('erp');
  relay.expressions.means(FILTER, ({ event }) => event.niceId === 'Magic7-1');
  relay.sender.answers.set('erp', UNAVAILABLE);
  for (const id of ['7-1', '7-2']) {
    await anOrder(relay, id, 'New');
    await relay.work();
  }
  return relay;
}

describe('the preview of expressions', () => {
  it('has neither an event nor results without any event', async () => {
    const relay = aRelay();
    relay.endpoint('erp');

    expect(await previewExpressions(connectionTo(relay), QUERY)).toEqual({});
  });

  it('evaluates a filter on the newest event and counts the newest events', async () => {
    const preview = await previewExpressions(connectionTo(await withTwoOrders()), {
      ...QUERY,
      filter: FILTER,
    });

    expect(preview.event?.niceId).toBe('Magic7-2');
    expect(preview.filter).toMatchObject({ trial: { result: 'skip' }, pass: 1, skip: 1, error: 0 });
  });

  it('takes the newest event of an order by any of its ids', async () => {
    const connection = connectionTo(await withTwoOrders());

    const preview = await previewExpressions(connection, { ...QUERY, order: 'magic7-1', filter: FILTER });

    expect(preview.event?.orderId).toBe('7-1');
    expect(preview.filter).toMatchObject({ trial: { result: 'pass' } });
    await expect(previewExpressions(connection, { ...QUERY, order: 'none' })).rejects.toThrow(NotFoundError);
  });

  it('evaluates success on recorded answers, with a failure of the expression', async () => {
    const relay = await withTwoOrders();
    relay.expressions.judges('busy', ({ body }) => body === 'busy');
    relay.expressions.judges('wrong', () => {
      throw new Error('no such field');
    });
    const connection = connectionTo(relay);

    const busy = await previewExpressions(connection, { ...QUERY, success: 'busy' });
    const wrong = await previewExpressions(connection, { ...QUERY, success: 'wrong' });

    expect(busy.success?.[0]).toMatchObject({ status: 503, answer: 'busy', result: 'success' });
    expect(wrong.success?.[0]).toMatchObject({ result: 'error', reason: 'no such field' });
  });

  it('refuses an expression with a mistake', async () => {
    const connection = connectionTo(await withTwoOrders());

    await expect(previewExpressions(connection, { ...QUERY, success: 'a[' })).rejects.toThrow(
      InvalidInputError,
    );
  });
});
