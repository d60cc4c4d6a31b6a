import { describe, expect, it } from 'vitest';
import { decideReplay, type ReplayRules } from '../../lib/operator/replay/replay-decision.ts';
import { after } from '../../lib/relay/model/clock.ts';
import type { Delivery } from '../../lib/relay/model/delivery.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import type { Outcome } from '../../lib/relay/model/outcome.ts';
import { aDelivery, anEndpointId, anEvent } from '../ports/builders.ts';

const id = anEndpointId('erp');
const THEN = new Date('2026-03-01T12:00:00Z');

interface Case {
  readonly event?: Partial<EventRecord>;
  readonly outcome?: Outcome;
  readonly row?: Partial<Delivery>;
  readonly rules?: Partial<ReplayRules>;
  readonly ordering?: 'latest' | 'strict' | 'none';
  readonly isNewest?: boolean;
  readonly hasPayload?: boolean;
}

function verdict({
  event = {},
  outcome,
  row,
  rules = {},
  ordering = 'none',
  isNewest = true,
  hasPayload = true,
}: Case) {
  const outcomes = outcome === undefined ? {} : { [id]: outcome };
  return decideReplay(
    anEvent({ fannedOutAt: THEN, outcomes, ...event }),
    { id, ordering },
    row && aDelivery(row),
    { includeDelivered: false, includeSkipped: false, ...rules },
    async () => isNewest,
    async () => hasPayload,
  );
}

const ALL = { includeDelivered: true, includeSkipped: false };
const SKIPPED = { includeSkipped: true };

describe('an event is replayed', () => {
  it.each<[string, Case]>([
    ['when the endpoint was not there', {}],
    ['when its delivery was cancelled', { outcome: { state: 'cancelled', reason: 'endpoint-disabled' } }],
    ['when its delivery is dead', { outcome: { state: 'dead', status: 500, durationMs: 3, attempt: 10 } }],
    [
      'when its row says dead, though the outcome lags behind',
      { outcome: { state: 'pending' }, row: { state: 'dead' } },
    ],
    [
      'when it was delivered, if such are included',
      { outcome: { state: 'delivered', status: 200, durationMs: 3 }, rules: ALL },
    ],
    ['to an endpoint with latest, when it is its order’s newest', { ordering: 'latest' }],
    [
      'when it was skipped, if such are included',
      { outcome: { state: 'skipped', reason: 'filter-refused' }, rules: SKIPPED },
    ],
    [
      'when it was replayed before the replay that is resumed',
      { row: { state: 'dead', replayedAt: after(THEN, -1) }, rules: { resume: THEN } },
    ],
  ])('%s', async (_, given) => {
    expect(await verdict(given)).toBe('replayed');
  });
});

describe('an event is not replayed', () => {
  it.each<[string, Case, string]>([
    ['when it was delivered', { outcome: { state: 'delivered', status: 200, durationMs: 3 } }, 'delivered'],
    ['when its row says so', { outcome: { state: 'dead' }, row: { state: 'delivered' } }, 'delivered'],
    ['when it is pending', { outcome: { state: 'pending' }, row: {} }, 'pending'],
    [
      'when it is pending, though the outcome lags behind',
      { outcome: { state: 'dead' }, row: {}, rules: ALL },
      'pending',
    ],
    [
      'when a newer one took its place',
      { outcome: { state: 'superseded', reason: 'newer-event' }, rules: ALL },
      'superseded',
    ],
    [
      'to an endpoint with latest, when there is a newer one',
      { ordering: 'latest', isNewest: false },
      'superseded',
    ],
    [
      'to an endpoint with latest, delivered or not, when there is a newer one',
      {
        ordering: 'latest',
        isNewest: false,
        outcome: { state: 'delivered', status: 200, durationMs: 3 },
        rules: ALL,
      },
      'superseded',
    ],
    [
      'when its filter refused it',
      { outcome: { state: 'skipped', reason: 'filter-refused' }, rules: ALL },
      'skipped',
    ],
    ['when its order was forgotten', { event: { forgottenAt: new Date() } }, 'erased'],
    [
      'when the replay that is resumed has seen to it',
      { row: { state: 'delivered', replayedAt: THEN }, rules: { ...ALL, resume: THEN } },
      'alreadyReplayed',
    ],
  ])('%s', async (_, given, expected) => {
    expect(await verdict(given)).toBe(expected);
  });

  it('when it was never fanned out', async () => {
    const { fannedOutAt: _, ...event } = anEvent();
    const none = async () => true;

    expect(await decideReplay(event, { id, ordering: 'none' }, undefined, ALL, none, none)).toBe(
      'notFannedOut',
    );
  });
});

describe('a replay of an event whose payload has expired', () => {
  it('is not made', async () => {
    expect(await verdict({ hasPayload: false })).toBe('expired');
  });

  it('is not looked at when another reason decides', async () => {
    expect(await verdict({ hasPayload: false, ordering: 'latest', isNewest: false })).toBe('superseded');
  });
});

describe('an event that names an order and contains none', () => {
  const event = { orderId: '1', noSnapshot: 'empty' } as const;
  const rules = { includeDelivered: true, includeSkipped: true };

  it('is skipped for `latest`, whatever is included', async () => {
    const skipped = { state: 'skipped', reason: 'no-snapshot' } as const;

    expect(await verdict({ event, ordering: 'latest', outcome: skipped, rules })).toBe('skipped');
    expect(await verdict({ event, ordering: 'latest', outcome: { state: 'delivered' }, rules })).toBe(
      'skipped',
    );
  });

  it('is replayed to the others', async () => {
    expect(await verdict({ event, ordering: 'none' })).toBe('replayed');
    expect(await verdict({ event, ordering: 'strict' })).toBe('replayed');
  });
});
