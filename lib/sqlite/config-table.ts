/** The ConfigTable port over a SQLite file. */
import type { EndpointId } from '../relay/model/ids.ts';
import type {
  ConfigKind,
  ConfigRow,
  ConfigTable,
  RowAttributes,
  RowCondition,
} from '../relay/ports/config-table.ts';
import { type Row, toAttribute } from '../relay/rows/attributes.ts';
import { deleteConfigRow, findConfigRow, findConfigRows, upsertConfigRow } from './config-rows.ts';
import type { Connection } from './connection.ts';
import type { StoreParts } from './event-log.ts';
import { orStoreFailure } from './failures.ts';
import type { GroupCommit } from './group-commit.ts';

export class SqliteConfigTable implements ConfigTable {
  readonly #commits: GroupCommit;
  readonly #reader: Connection;

  constructor({ commits, reader }: Pick<StoreParts, 'commits' | 'reader'>) {
    this.#commits = commits;
    this.#reader = reader;
  }

  async rows(kind: ConfigKind): Promise<ConfigRow[]> {
    return orStoreFailure(`reading the rows of kind ${kind}`, () => findConfigRows(this.#reader, kind));
  }

  async healthRow(endpointId: EndpointId): Promise<ConfigRow | undefined> {
    return orStoreFailure('reading a health row', () => findConfigRow(this.#reader, 'health', endpointId));
  }

  updateHealth(endpointId: EndpointId, only: RowCondition, change: RowAttributes): Promise<boolean> {
    return this.#commits.write('writing a health row', (connection) => {
      const row = findConfigRow(connection, 'health', endpointId) ?? { id: endpointId, attributes: {} };
      if (!isUnchanged(row.attributes, only)) return false;
      upsertConfigRow(connection, 'health', row, change);
      return true;
    });
  }

  removeHealth(endpointId: EndpointId, only: RowCondition): Promise<boolean> {
    return this.#commits.write('removing a health row', (connection) => {
      const attributes = findConfigRow(connection, 'health', endpointId)?.attributes ?? {};
      if (!isUnchanged(attributes, only)) return false;
      deleteConfigRow(connection, 'health', endpointId);
      return true;
    });
  }
}

/** The row must still have the attributes as they were read; undefined ones must be absent. */
function isUnchanged(attributes: Row, only: RowCondition): boolean {
  return Object.entries(only).every(([name, value]) => isSame(attributes[name], toAttribute(value)));
}

/** Of lists and maps, only the type is compared. */
function isSame(found: unknown, read: unknown): boolean {
  if (typeof read !== 'object' || read === null) return found === read;
  return typeof found === 'object' && found !== null && Array.isArray(found) === Array.isArray(read);
}
