import { describe, expect, it } from 'vitest';
import { updateOf } from '../../../lib/aws/dynamodb/update-expression.ts';

describe('updateOf', () => {
  it('sets what is given, removes what is null, and leaves out what is undefined', () => {
    const change = { state: 'dead', reason: null, dueAt: null, leaseId: undefined, attemptCount: 0 };

    expect(updateOf(change)).toEqual({
      expression: 'SET #state = :state, #attemptCount = :attemptCount REMOVE #reason, #dueAt',
      names: { '#state': 'state', '#attemptCount': 'attemptCount', '#reason': 'reason', '#dueAt': 'dueAt' },
      values: { ':state': 'dead', ':attemptCount': 0 },
    });
  });

  it('spells moments in ISO 8601, however deep', () => {
    const at = new Date('2026-03-01T12:00:00.000Z');

    const { values } = updateOf({ settledAt: at, attempts: [{ at, error: undefined, durationMs: 3 }] });

    expect(values).toEqual({
      ':settledAt': '2026-03-01T12:00:00.000Z',
      ':attempts': [{ at: '2026-03-01T12:00:00.000Z', durationMs: 3 }],
    });
  });

  it('has no clause for what there is none of', () => {
    expect(updateOf({ reason: null }).expression).toBe('REMOVE #reason');
    expect(updateOf({ reason: 'paused' }).expression).toBe('SET #reason = :reason');
  });

  it.each(['time-out', 'a b', 'a.b', '#x', 'ünï', 'a[0]', '🧵'])(
    'gives an attribute named %j a placeholder that DynamoDB takes',
    (name) => {
      const { expression, names, values } = updateOf({ state: 'enabled', [name]: 5 });

      expect(expression).toMatch(/^SET #state = :state, #(\w+) = :\1$/);
      expect(Object.values(names)).toEqual(['state', name]);
      expect(Object.values(values)).toEqual(['enabled', 5]);
      expect(updateOf({ [name]: null }).expression).toMatch(/^REMOVE #\w+$/);
    },
  );

  it('keeps attributes apart whose names make no placeholder', () => {
    const { names, values } = updateOf({ 'a b': 1, 'a-b': 2, 'a.b': null });

    expect(Object.values(names)).toEqual(['a b', 'a-b', 'a.b']);
    expect(Object.values(values)).toEqual([1, 2]);
  });

  it('keeps apart, too, a name that looks like the number of another one', () => {
    const { names, values } = updateOf({ _1: 'theirs', 'a b': 'ours' });

    expect(Object.values(names).sort()).toEqual(['_1', 'a b']);
    expect(Object.values(values).sort()).toEqual(['ours', 'theirs']);
  });
});
