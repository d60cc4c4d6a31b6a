import { describe, expect, it } from 'vitest';
import {
  attemptCells,
  changeRows,
  changesText,
  colouredOutcome,
  deliveryText,
  orderText,
  outcomesText,
} from '../../lib/operator/cli/event-text.ts';
import type { Colours } from '../../lib/operator/cli/output.ts';
import type { EventRecord, Outcomes } from '../../lib/relay/model/event.ts';
import type { Change } from '../../lib/relay/model/item-changes.ts';
import { aDelivery, anEndpointId, anEvent } from '../ports/builders.ts';

/** Colours as readable text. */
const COLOURS: Colours = {
  bold: (text) => `<bold ${text}>`,
  dim: (text) => `<dim ${text}>`,
  red: (text) => `<red ${text}>`,
  green: (text) => `<green ${text}>`,
  yellow: (text) => `<yellow ${text}>`,
  cyan: (text) => `<cyan ${text}>`,
};

const SHIPPED: Change = { change: 'changed', sku: 'Mug', statusFrom: 'New', statusTo: 'Shipped' };
const fannedOut = (parts: Partial<EventRecord> = {}) =>
  anEvent({ fannedOutAt: new Date(), items: [], outcomes: {}, changes: [], ...parts });

describe('an order in a list', () => {
  it('is the nice id', () => {
    expect(orderText({ niceId: 'Magic7-501', orderId: '7-501' })).toBe('Magic7-501');
    expect(orderText({ orderId: '7-501' })).toBe('7-501');
    expect(orderText({})).toBe('–');
  });

  it('is cut only when its id is longer than any of the Hub', () => {
    expect(orderText({ orderId: 'x'.repeat(101) })).toBe(`${'x'.repeat(99)}…`);
  });
});

describe('changes in a list', () => {
  it.each<[string, Partial<EventRecord>, string]>([
    ['equal changes are counted', { changes: [SHIPPED, SHIPPED] }, 'New → Shipped ×2'],
    ['items that came', { changes: [{ change: 'added', statusTo: 'New' }] }, '+ New'],
    ['items that went', { changes: [{ change: 'removed' }] }, '− no status'],
    [
      'a tracking number that came',
      { changes: [{ change: 'changed', trackingNumberTo: '1Z' }] },
      'tracking number',
    ],
    [
      'a tracking number that went',
      { changes: [{ change: 'changed', trackingNumberFrom: '1Z' }] },
      'tracking number removed',
    ],
    ['nothing', {}, '<dim nothing changed>'],
  ])('are a few words: %s', (_, parts, text) => {
    expect(changesText(fannedOut(parts), COLOURS)).toBe(text);
  });

  it('are the statuses as long as the event is not fanned out', () => {
    const items = [{ status: 'Shipped' }, { status: 'New' }, { status: 'Shipped' }, {}];

    expect(changesText(anEvent({ items }), COLOURS)).toBe('Shipped ×2, New, no status');
    expect(changesText(anEvent({ items: [] }), COLOURS)).toBe('no items');
    expect(changesText(anEvent(), COLOURS)).toBe('<dim no items>');
    expect(changesText(anEvent({ noSnapshot: 'not JSON' }), COLOURS)).toBe('<dim not JSON>');
    expect(changesText(anEvent({ noSnapshot: 'not an order' }), COLOURS)).toBe('<dim not an order>');
    expect(changesText(anEvent({ noSnapshot: 'empty' }), COLOURS)).toBe('<dim empty body>');
  });

  it('are counted when there are many kinds, and cut when a status is long', () => {
    const changes = ['A', 'B', 'C', 'D'].map((statusTo): Change => ({ change: 'added', statusTo }));

    expect(changesText(fannedOut({ changes }), COLOURS)).toBe('+ A, + B, 2 more');
    expect(changesText(fannedOut({ changes }), COLOURS, { kinds: 4, length: 99 })).toBe('+ A, + B, + C, + D');
    expect(changesText(anEvent({ items: [{ status: 'x'.repeat(999) }] }), COLOURS)).toHaveLength(44);
  });
});

describe('changes in full', () => {
  it('name the item and the tracking number', () => {
    const changes: Change[] = [
      { ...SHIPPED, trackingNumberTo: '1Z' },
      { change: 'removed', statusFrom: 'New' },
    ];

    expect(changeRows(fannedOut({ changes }))).toEqual([
      ['Mug', 'New → Shipped', '1Z'],
      ['no SKU', '− New', ''],
    ]);
  });
});

describe('outcomes in a list', () => {
  const outcomes: Outcomes = {
    [anEndpointId('erp')]: { state: 'delivered', status: 200, durationMs: 4 },
    [anEndpointId('shop')]: { state: 'dead', status: 500, durationMs: 3, attempt: 10 },
    [anEndpointId('warehouse')]: { state: 'delivered', status: 204, durationMs: 5 },
    [anEndpointId('crm')]: { state: 'superseded' },
  };

  it('are counted by state, each in the colour of how good it is', () => {
    expect(outcomesText(fannedOut({ outcomes }), COLOURS)).toBe(
      '<green 2 delivered>, <dim 1 superseded>, <red 1 dead>',
    );
  });

  it('say why there are none', () => {
    expect(outcomesText(anEvent(), COLOURS)).toBe('<yellow not fanned out yet>');
    expect(outcomesText(fannedOut(), COLOURS)).toBe('<dim no endpoints>');
  });
});

describe('an outcome', () => {
  it('is coloured by its state', () => {
    expect(colouredOutcome({ state: 'pending', status: 503, durationMs: 20 }, COLOURS)).toBe(
      '<yellow pending>: 503 in 20 ms',
    );
    expect(colouredOutcome({ state: 'cancelled' }, COLOURS)).toBe('<red cancelled>');
  });

  it('says once that it was replayed', () => {
    const outcome = { state: 'pending', reason: 'replay' } as const;

    expect(colouredOutcome(outcome, COLOURS)).toBe('<yellow pending>: replayed by hand');
    expect(colouredOutcome({ ...outcome, replayed: true }, COLOURS)).toBe('<yellow pending>, replayed');
  });
});

describe('a delivery', () => {
  it('shows the next attempt of a pending one', () => {
    const delivery = { ...aDelivery({ reason: 'endpoint-paused' }), next: { kind: 'resume' } as const };

    expect(deliveryText(delivery, COLOURS)).toBe(
      '<yellow pending>: endpoint is paused, next attempt when resumed',
    );
    expect(deliveryText(aDelivery({ state: 'delivered' }), COLOURS)).toBe('<green delivered>');
  });
});

describe('an attempt', () => {
  const TIME = expect.stringMatching(/\d\d:\d\d:\d\d$/);

  it('is an answer, or why there was none', () => {
    const at = new Date();

    expect(attemptCells({ at, durationMs: 20, status: 503, answer: 'busy' }, 2, COLOURS)).toEqual([
      '2.',
      TIME,
      '503 in 20 ms',
      '<dim busy>',
    ]);
    const unanswered = attemptCells({ at, durationMs: 10_000, error: 'timeout after 10 s' }, 3, COLOURS);
    expect(unanswered).toEqual(['3.', TIME, 'timeout after 10 s']);
  });
});
