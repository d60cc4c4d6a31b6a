/** The ConfigWriter port over a SQLite file. */
import type { ConfigRow } from '../relay/ports/config-table.ts';
import type { ConfigChange, ConfigWriter, WritableKind } from '../relay/ports/operator.ts';
import { deleteConfigRow, findConfigRow, insertConfigRow, upsertConfigRow } from './config-rows.ts';
import type { Connection } from './connection.ts';
import type { StoreParts } from './event-log.ts';
import { orStoreFailure } from './failures.ts';
import type { GroupCommit } from './group-commit.ts';

export class SqliteConfigWriter implements ConfigWriter {
  readonly #commits: GroupCommit;
  readonly #reader: Connection;

  constructor({ commits, reader }: Pick<StoreParts, 'commits' | 'reader'>) {
    this.#commits = commits;
    this.#reader = reader;
  }

  async row(kind: WritableKind, id: string): Promise<ConfigRow | undefined> {
    return orStoreFailure(`reading the ${kind}`, () => findConfigRow(this.#reader, kind, id));
  }

  add(kind: WritableKind, id: string, attributes: ConfigRow['attributes']): Promise<boolean> {
    return this.#commits.write(`writing the ${kind}`, (connection) =>
      insertConfigRow(connection, kind, id, attributes),
    );
  }

  change(kind: WritableKind, id: string, change: ConfigChange): Promise<boolean> {
    return this.#commits.write(`changing the ${kind}`, (connection) => {
      const row = findConfigRow(connection, kind, id);
      if (row === undefined) return false;
      upsertConfigRow(connection, kind, row, change);
      return true;
    });
  }

  remove(kind: WritableKind, id: string): Promise<boolean> {
    return this.#commits.write(`removing the ${kind}`, (connection) => deleteConfigRow(connection, kind, id));
  }
}
