/** Counts the index writes that DynamoDB bills for a call. Dynalite does not report them. */
import { z } from 'zod';
import type { TableDefinition } from '../../lib/emulator/template/table.ts';
import type { Call } from './call-recorder.ts';

type Index = TableDefinition['indexes'][number];

export interface IndexWrites {
  readonly entriesMade: number;
  readonly entriesRemoved: number;
}

const NONE: IndexWrites = { entriesMade: 0, entriesRemoved: 0 };

const itemSchema = z.record(z.string(), z.unknown());
const putSchema = z.looseObject({ Item: itemSchema });
const updateSchema = z.looseObject({
  UpdateExpression: z.string(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
});

/**
 * For rows that were not there before a put. An entry is a unit: those of indexes of keys only stay below 1 KB, unless
 * an order's id is that long. One is written when its row comes to have all keys of the index, and when it ceases to;
 * and twice when one of them changes
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes).
 */
export function indexWritesOf(call: Call, indexes: readonly Index[]): IndexWrites {
  switch (call.command) {
    case 'PutItem':
      return ofPut(putSchema.parse(call.input).Item, indexes);
    case 'UpdateItem':
      return ofUpdate(updateSchema.parse(call.input), indexes);
    default:
      return NONE;
  }
}

function ofPut(item: z.output<typeof itemSchema>, indexes: readonly Index[]): IndexWrites {
  const entries = indexes.filter((index) => keysOf(index).every((key) => key in item));
  return { ...NONE, entriesMade: entries.length };
}

function ofUpdate(update: z.output<typeof updateSchema>, indexes: readonly Index[]): IndexWrites {
  const [set, removed] = update.UpdateExpression.split('REMOVE').map((clause) => {
    const words = clause.match(/[#:]?\w+/g) ?? [];
    return new Set(words.map((word) => update.ExpressionAttributeNames[word] ?? word));
  });
  const isIn = (index: Index, names?: ReadonlySet<string>) => keysOf(index).some((key) => names?.has(key));
  const left = indexes.filter((index) => isIn(index, removed));
  const moved = indexes.filter((index) => isIn(index, set) && !isIn(index, removed));
  return { entriesMade: moved.length, entriesRemoved: left.length + moved.length };
}

function keysOf(index: Index): string[] {
  return index.KeySchema.map(({ AttributeName }) => AttributeName);
}
