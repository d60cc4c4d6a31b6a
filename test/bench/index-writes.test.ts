import { describe, expect, it } from 'vitest';
import type { TableDefinition } from '../../lib/emulator/template/table.ts';
import type { Call } from './call-recorder.ts';
import { indexWritesOf } from './index-writes.ts';

const INDEXES: TableDefinition['indexes'] = [anIndex('owedTo', 'dueAt'), anIndex('day', 'eventId')];

function anIndex(HASH: string, RANGE: string): TableDefinition['indexes'][number] {
  return {
    IndexName: HASH,
    KeySchema: [
      { AttributeName: HASH, KeyType: 'HASH' },
      { AttributeName: RANGE, KeyType: 'RANGE' },
    ],
    Projection: { ProjectionType: 'KEYS_ONLY' },
  };
}

const aCall = (command: string, input: object): Call => ({ service: 'DynamoDB', command, input, units: 1 });

function anUpdate(expression: string): Call {
  const ExpressionAttributeNames = { '#dueAt': 'dueAt', '#owedTo': 'owedTo', '#outcomes': 'outcomes' };
  return aCall('UpdateItem', { UpdateExpression: expression, ExpressionAttributeNames });
}

describe('the writes to indexes', () => {
  it('are one for each index that has all its keys in a new row', () => {
    const rows = [{ owedTo: 'erp', dueAt: 'now', day: 'today', eventId: 'evt' }, { owedTo: 'erp' }, {}];

    const writes = rows.map((Item) => indexWritesOf(aCall('PutItem', { Item }), INDEXES));

    expect(writes.map(({ entriesMade }) => entriesMade)).toEqual([2, 0, 0]);
  });

  it('are one when a row leaves an index', () => {
    const writes = indexWritesOf(anUpdate('SET #outcomes = :outcomes REMOVE #owedTo, #dueAt'), INDEXES);

    expect(writes).toEqual({ entriesMade: 0, entriesRemoved: 1 });
  });

  it('are two when a row moves within an index', () => {
    const writes = indexWritesOf(anUpdate('SET #dueAt = :dueAt'), INDEXES);

    expect(writes).toEqual({ entriesMade: 1, entriesRemoved: 1 });
  });

  it.each([
    ['an update of other attributes', anUpdate('SET #outcomes = :outcomes')],
    ['a read', aCall('Query', {})],
  ])('are none for %s', (_, call) => {
    expect(indexWritesOf(call, INDEXES)).toEqual({ entriesMade: 0, entriesRemoved: 0 });
  });
});
