import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { deliveryListText } from '../../../lib/operator/cli/delivery-text.ts';
import { deadLetterListText } from '../../../lib/operator/cli/dlq-text.ts';
import { historyText, missedText } from '../../../lib/operator/cli/endpoint-history-text.ts';
import { endpointListText } from '../../../lib/operator/cli/endpoint-text.ts';
import { eventListText } from '../../../lib/operator/cli/event-detail-text.ts';
import { orderMatchesText } from '../../../lib/operator/cli/order-text.ts';
import type { Screen } from '../../../lib/operator/cli/output.ts';
import { maskEndpoint } from '../../../lib/operator/endpoints/masked-endpoint.ts';
import { endpointSchema } from '../../../lib/relay/endpoint/endpoint.ts';
import { aDelivery, anEndpointId, anEvent, anOrderKey, aSource } from '../../ports/builders.ts';

const WIDTHS = [60, 80, 120];
const NOW = new Date(2026, 2, 1, 10, 30);
const YESTERDAY = new Date(2026, 1, 28, 9, 15, 7);

const asIs = (text: string) => text;
const screen = (columns: number | undefined): Screen => ({
  ...{ bold: asIs, dim: asIs, red: asIs, green: asIs, yellow: asIs, cyan: asIs },
  columns,
});

const EVENT_ID = 'evt_01ARZ3NDEKTSV4RRFFQ69G5FAV' as ReturnType<typeof anEvent>['eventId'];
const ERP = anEndpointId('erp');
const event = anEvent({
  eventId: EVENT_ID,
  orderKey: anOrderKey('7-501'),
  niceId: 'Magic7-501',
  receivedAt: YESTERDAY,
});
const attempt = { at: YESTERDAY, durationMs: 10_000, error: 'the connection was refused by the other side' };
const delivery = aDelivery({
  ...{ orderKey: event.orderKey, eventId: EVENT_ID, endpointId: ERP, state: 'dead', attempts: [attempt] },
  ...{ attemptCount: 10, owedSince: YESTERDAY, dueAt: YESTERDAY, createdAt: YESTERDAY },
});

function endpoint(id: string, url = `https://${id}.example.com/hooks/order?orderid=`) {
  const valid = maskEndpoint(endpointSchema.parse({ id, url }));
  const none = { count: 0, isMore: false };
  return { valid, deliveries: { pending: { count: 1204, isMore: false }, dead: none, cancelled: none } };
}

const history = {
  ...{
    orderKey: event.orderKey,
    eventId: EVENT_ID,
    niceId: 'Magic7-501',
    receivedAt: YESTERDAY,
    at: YESTERDAY,
  },
  ...{ attempts: 10, outcome: { state: 'dead', reason: 'endpoint-disabled' }, lastAnswer: attempt },
};

/** Each list, as a command prints it at a width. */
const LISTS: Readonly<Record<string, (columns: number | undefined) => string>> = {
  'endpoints list': (columns) =>
    endpointListText([endpoint('erp'), endpoint('warehouse-north-2')], screen(columns)),
  'deliveries list': (columns) =>
    deliveryListText(
      { found: [{ kind: 'delivery', delivery, event }], isCut: false, query: { limit: 50 } } as never,
      screen(columns),
      NOW,
    ),
  'events list': (columns) => eventListText([event], screen(columns)),
  'endpoints history': (columns) =>
    historyText({ items: [history] } as never, 'erp', undefined, screen(columns), NOW),
  'endpoints missed': (columns) =>
    missedText(
      { items: [{ ...history, state: 'dead', reason: 'endpoint-disabled' }] } as never,
      { endpointId: 'erp', since: YESTERDAY },
      screen(columns),
      NOW,
    ),
  'orders with one id': (columns) =>
    orderMatchesText(
      [
        {
          source: aSource,
          orderId: '7-501',
          niceId: 'Magic7-501',
          firstSeenAt: YESTERDAY,
          lastSeenAt: YESTERDAY,
          items: [],
        },
      ] as never,
      columns,
    ),
  'dlq list': (columns) =>
    deadLetterListText(
      {
        approximateCount: 1,
        messages: [
          {
            ...{ queue: 'deliveries', messageId: '5f1e0c9a-1b2c-4d3e-8f90-a1b2c3d4e5f6', sentAt: YESTERDAY },
            ...{ receiveCount: 3, reason: 'received too many times' },
            key: { orderKey: event.orderKey, eventId: EVENT_ID, endpointId: 'erp', holdsEvent: false },
          },
        ],
      },
      screen(columns),
    ),
};

describe.each(Object.entries(LISTS))('%s', (_, textAt) => {
  it.each(WIDTHS)('fits a terminal of %s columns', (columns) => {
    const text = textAt(columns);

    const [head = ''] = text.split('\n');
    expect(stringWidth(head)).toBeLessThan(columns);
    expect(text).toMatchSnapshot();
  });

  it('has each id in full at each width', () => {
    const idsIn = (text: string) => text.match(/evt_\w{26}|Magic7-501|[\da-f-]{36}|\berp\b/g) ?? [];
    const [all = ''] = idsIn(textAt(undefined));

    for (const columns of WIDTHS) expect(idsIn(textAt(columns))).toContain(all);
  });
});

describe('endpoints list', () => {
  it('fits with fifty endpoints, long ids and long URLs', () => {
    const rows = Array.from({ length: 50 }, (_, index) =>
      endpoint(`tenant-${index}-warehouse-north`, `https://wms.example.com/${'tenant/'.repeat(30)}{orderid}`),
    );

    const lines = endpointListText(rows, screen(80)).split('\n');

    expect(lines).toHaveLength(51);
    for (const line of lines) expect(stringWidth(line)).toBeLessThan(80);
    expect(lines[50]).toMatch(/^tenant-49-warehouse-north /);
  });

  it('says how to add the first one when there is none', () => {
    expect(endpointListText([], screen(60))).toContain('No endpoints yet.');
  });
});
