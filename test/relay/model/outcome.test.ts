import { describe, expect, it } from 'vitest';
import { detailText, type Outcome, outcomeText } from '../../../lib/relay/model/outcome.ts';

describe('the text of an outcome', () => {
  it.each<[string, Outcome]>([
    ['pending', { state: 'pending' }],
    ['delivered', { state: 'delivered' }],
    ['delivered 200 in 143 ms', { state: 'delivered', status: 200, durationMs: 143 }],
    ['delivered 200 in 20 ms, attempt 3', { state: 'delivered', status: 200, durationMs: 20, attempt: 3 }],
    ['pending: 503 in 20 ms', { state: 'pending', status: 503, durationMs: 20 }],
    ['pending: 503 in 0 ms', { state: 'pending', status: 503 }],
    ['dead: timeout after 10 s, attempt 10', { state: 'dead', error: 'timeout after 10 s', attempt: 10 }],
    ['dead: 200 in 9 ms, no success', { state: 'dead', status: 200, durationMs: 9, error: 'no success' }],
    ['cancelled: endpoint is disabled', { state: 'cancelled', reason: 'endpoint-disabled' }],
    ['delivered 200 in 1 ms, late', { state: 'delivered', status: 200, durationMs: 1, late: true }],
    [
      'delivered 200 in 1 ms, late, replayed',
      { state: 'delivered', status: 200, durationMs: 1, late: true, replayed: true },
    ],
    ['pending, replayed', { state: 'pending', reason: 'replay', replayed: true }],
    ['pending: retried by hand, replayed', { state: 'pending', reason: 'retry', replayed: true }],
    ['pending: replayed by hand', { state: 'pending', reason: 'replay' }],
  ])('is `%s`', (text, outcome) => {
    expect(outcomeText(outcome)).toBe(text);
  });
});

describe('the text of a result', () => {
  it('is absent when there is neither an attempt nor a reason', () => {
    expect(detailText({})).toBeUndefined();
  });

  it('is the reason alone when there is one', () => {
    expect(detailText({ reason: 'debounce', status: 503, attempt: 2 })).toBe(
      'waits until its order is quiet',
    );
  });
});
