/** Repairs dynalite's tables after a crash. */
import store from 'dynalite/db/index.js';
import { z } from 'zod';

type Database = ReturnType<typeof store.create>['db'];
type Operation = Parameters<Database['batch']>[0][number];

/** Operations per batch: few enough to need little memory. */
const BATCH = 1_000;

const tableSchema = z.looseObject({
  TableName: z.string(),
  TableStatus: z.string(),
  GlobalSecondaryIndexes: z.array(z.looseObject({ IndexName: z.string() })).default([]),
});
type Table = z.infer<typeof tableSchema>;

/**
 * Opens the database once, to learn whether its files are sound: dynalite opens it later, and only logs a failure.
 *
 * @throws when a file is missing or damaged, or cannot be written
 */
export async function checkTables(path: string): Promise<void> {
  const { db } = store.create({ path });
  await db.open();
  await db.close();
}

/**
 * Makes indexes and rows agree again, and removes tables whose creation was interrupted. dynalite writes a row and its
 * index entries separately, so a crash between the two leaves an entry without a row, or a row that no index lists.
 * Call this while no dynalite uses the folder.
 *
 * @param path the folder of the LevelDB
 * @throws when a file is missing or damaged, or cannot be written
 */
export async function repairTables(path: string): Promise<void> {
  const { db } = store.create({ path });
  await db.open();
  try {
    for (const table of await tablesIn(db)) {
      if (table.TableStatus === 'ACTIVE') await rebuildIndexes(db, table);
      else await db.batch([{ type: 'del', key: `table~${table.TableName}` }]);
    }
  } finally {
    await db.close();
  }
}

async function tablesIn(db: Database): Promise<Table[]> {
  const tables: Table[] = [];
  for await (const [, table] of db.iterator(startingWith('table~'))) tables.push(tableSchema.parse(table));
  return tables;
}

async function rebuildIndexes(db: Database, table: Table): Promise<void> {
  for (const { IndexName } of table.GlobalSecondaryIndexes) {
    await inBatches(db, deletions(db, entryPrefix(table, IndexName)));
  }
  await inBatches(db, entriesOf(db, table));
}

async function* deletions(db: Database, prefix: string): AsyncGenerator<Operation> {
  for await (const key of db.keys(startingWith(prefix))) yield { type: 'del', key };
}

async function* entriesOf(db: Database, table: Table): AsyncGenerator<Operation> {
  for await (const [, item] of db.iterator(startingWith(`item-${table.TableName}~`))) {
    const { puts } = store.getIndexActions(table.GlobalSecondaryIndexes, undefined, item, table);
    for (const { index, key, item: value } of puts)
      yield { type: 'put', key: `${entryPrefix(table, index)}${key}`, value };
  }
}

function entryPrefix({ TableName }: Table, index: string): string {
  return `index-global~${TableName}~${index}~`;
}

/** The range of keys with this prefix. dynalite's keys continue with hexadecimal digits. */
function startingWith(prefix: string) {
  return { gte: prefix, lt: `${prefix}\xff` };
}

async function inBatches(db: Database, operations: AsyncIterable<Operation>): Promise<void> {
  let batch: Operation[] = [];
  for await (const operation of operations) {
    batch.push(operation);
    if (batch.length < BATCH) continue;
    await db.batch(batch);
    batch = [];
  }
  if (batch.length > 0) await db.batch(batch);
}
