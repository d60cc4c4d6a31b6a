/** Reads and writes the rows of the table `alias`: from an id that people use to its orders. */
import type { Alias, OrderKey } from '../relay/model/ids.ts';
import * as z from '../relay/model/zod.ts';
import { toAttributes } from '../relay/rows/attributes.ts';
import { moment, readAttributes } from '../relay/rows/read-attributes.ts';
import type { Connection } from './connection.ts';
import { parseAttributes } from './rows.ts';

export function insertAlias(
  connection: Connection,
  { aliasKey, orderKey, id, seenAt }: Alias,
  expiresAt: string,
): void {
  connection.run(
    'INSERT OR REPLACE INTO alias (aliasKey, orderKey, attributes, expiresAt) VALUES (?, ?, ?, ?)',
    aliasKey,
    orderKey,
    JSON.stringify(toAttributes({ id, seenAt })),
    expiresAt,
  );
}

const ATTRIBUTES = { id: z.string(), seenAt: moment };

export function findAliases(connection: Connection, aliasKey: OrderKey, now: string): Alias[] {
  const rows = connection.all(
    'SELECT orderKey, attributes FROM alias WHERE aliasKey = ? AND (expiresAt IS NULL OR expiresAt > ?)',
    aliasKey,
    now,
  );
  return rows.flatMap(({ orderKey, attributes }) => {
    // A row that names no order leads nowhere.
    if (!/^[^/]+\/./s.test(String(orderKey))) return [];
    const row = parseAttributes(`alias of ${aliasKey}`, attributes);
    const { id = '', seenAt = new Date(0) } = readAttributes(ATTRIBUTES, row);
    return [{ aliasKey, orderKey: String(orderKey) as OrderKey, id, seenAt }];
  });
}
