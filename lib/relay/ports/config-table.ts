/** The Config table as the functions use it: sources, endpoints and their health. */
import type { ConfigKind } from '../../contract/tables.ts';
import type { EndpointId } from '../model/ids.ts';

export type { ConfigKind };

/** The Config table. Rows are returned unparsed, because people write them: the caller parses each by itself. */
export interface ConfigTable {
  /** All rows of a kind. Eventually consistent unless `consistent` is set. */
  rows(kind: ConfigKind, options?: { readonly consistent?: boolean }): Promise<ConfigRow[]>;
  /** The health row of an endpoint. Consistent. */
  healthRow(endpointId: EndpointId): Promise<ConfigRow | undefined>;
  /**
   * Writes the given attributes into the health row, and creates the row if it is absent. Null removes an attribute.
   * @param only the values that the row must have; undefined stands for an absent attribute. People may have written a
   *   list or a map: then the row must still have one, with whatever contents
   * @returns false, and nothing is written, when the row has other values
   */
  updateHealth(endpointId: EndpointId, only: RowCondition, change: RowAttributes): Promise<boolean>;
  /** False, and nothing is deleted, when the row has other values than `only`. */
  removeHealth(endpointId: EndpointId, only: RowCondition): Promise<boolean>;
}

export type RowCondition = Readonly<Record<string, unknown>>;

export type RowAttributes = Readonly<
  Record<string, string | number | Date | readonly string[] | null | undefined>
>;

export interface ConfigRow {
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}
