import { describe, expect, it } from 'vitest';
import { type ReplayRules, verdictOf } from '../../lib/operator/replay-verdict.ts';
import { after } from '../../lib/relay/model/clock.ts';
import type { Delivery } from '../../lib/relay/model/delivery.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { aDelivery, anEndpointId, anEvent } from '../ports/builders.ts';

const id = anEndpointId('erp');
const THEN = new Date('2026-03-01T12:00:00Z');

interface Case {
  readonly event?: Partial<EventRecord>;
  readonly outcome?: string;
  readonly row?: Partial<Delivery>;
  readonly rules?: Partial<ReplayRules>;
  readonly ordering?: 'latest' | 'strict' | 'none';
  readonly isNewest?: boolean;
}

function verdict({ event = {}, outcome, row, rules = {}, ordering = 'none', isNewest = true }: Case) {
  const outcomes = outcome === undefined ? {} : { [id]: outcome };
  return verdictOf(
    anEvent({ fannedOutAt: THEN, outcomes, ...event }),
    { id, ordering },
    row && aDelivery(row),
    { includeDelivered: false, includeSkipped: false, ...rules },
    async () => isNewest,
  );
}

const ALL = { includeDelivered: true, includeSkipped: false };
const SKIPPED = { includeSkipped: true };

describe('an event is replayed', () => {
  it.each<[string, Case]>([
    ['when the endpoint was not there', {}],
    ['when its delivery was cancelled', { outcome: 'cancelled: endpoint is off' }],
    ['when its delivery is dead', { outcome: 'dead: 500 in 3 ms, attempt 10' }],
    [
      'when its row says dead, though the outcome lags behind',
      { outcome: 'pending', row: { state: 'dead' } },
    ],
    ['when it was delivered, if such are included', { outcome: 'delivered 200 in 3 ms', rules: ALL }],
    ['to an endpoint with latest, when it is its order’s newest', { ordering: 'latest' }],
    ['when it was skipped, if such are included', { outcome: 'skipped: filter', rules: SKIPPED }],
    [
      'when it was replayed before the replay that is resumed',
      { row: { state: 'dead', replayedAt: after(THEN, -1) }, rules: { resume: THEN } },
    ],
  ])('%s', async (_, given) => {
    expect(await verdict(given)).toBe('owed');
  });
});

describe('an event is not replayed', () => {
  it.each<[string, Case, string]>([
    ['when it was delivered', { outcome: 'delivered 200 in 3 ms' }, 'delivered'],
    ['when its row says so', { outcome: 'dead: x', row: { state: 'delivered' } }, 'delivered'],
    ['when it is pending', { outcome: 'pending', row: {} }, 'underWay'],
    [
      'when it is pending, though the outcome lags behind',
      { outcome: 'dead: x', row: {}, rules: ALL },
      'underWay',
    ],
    [
      'when a newer one took its place',
      { outcome: 'superseded: a newer event was faster', rules: ALL },
      'newer',
    ],
    [
      'to an endpoint with latest, when there is a newer one',
      { ordering: 'latest', isNewest: false },
      'newer',
    ],
    [
      'to an endpoint with latest, delivered or not, when there is a newer one',
      { ordering: 'latest', isNewest: false, outcome: 'delivered 200 in 3 ms', rules: ALL },
      'newer',
    ],
    ['when its filter refused it', { outcome: 'skipped: filter', rules: ALL }, 'skipped'],
    ['when its order was forgotten', { event: { forgottenAt: new Date() } }, 'erased'],
    [
      'when the replay that is resumed has seen to it',
      { row: { state: 'delivered', replayedAt: THEN }, rules: { ...ALL, resume: THEN } },
      'replayed',
    ],
  ])('%s', async (_, given, expected) => {
    expect(await verdict(given)).toBe(expected);
  });

  it('when it was never fanned out', async () => {
    const { fannedOutAt: _, ...event } = anEvent();
    const none = async () => true;

    expect(await verdictOf(event, { id, ordering: 'none' }, undefined, ALL, none)).toBe('notFannedOut');
  });
});
