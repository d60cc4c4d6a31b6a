import { describe, expect, it } from 'vitest';
import { failedMessages } from '../../lib/emulator/queues/batch-response.ts';

const BATCH = ['a', 'b', 'c'];

function failedOf(response: unknown, reports = true): string[] {
  return [...failedMessages({ kind: 'result', result: JSON.stringify(response) }, BATCH, reports)];
}

describe('the messages that failed', () => {
  it('are those that the function names, and no later one', () => {
    expect(failedOf({ batchItemFailures: [{ itemIdentifier: 'b' }] })).toEqual(['b']);
  });

  it.each([
    ['an empty list', { batchItemFailures: [] }],
    ['a null list', { batchItemFailures: null }],
    ['an empty response', {}],
    ['a null response', null],
  ])('are none after %s', (_, response) => {
    expect(failedOf(response)).toEqual([]);
  });

  it.each([
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['a wrong key', { batchItemFailures: [{ messageId: 'b' }] }],
    ['a message that is not of the batch', { batchItemFailures: [{ itemIdentifier: 'z' }] }],
    ['something that is no list', { batchItemFailures: 'b' }],
    ['text', 'done'],
  ])('are all of them after %s', (_, response) => {
    expect(failedOf(response)).toEqual(BATCH);
  });

  it('are all of them when the invocation failed', () => {
    expect([...failedMessages({ kind: 'error', message: 'boom' }, BATCH, true)]).toEqual(BATCH);
  });

  it('are none when the mapping asks for no report and the function returned', () => {
    expect(failedOf({ batchItemFailures: [{ itemIdentifier: 'b' }] }, false)).toEqual([]);
  });
});
