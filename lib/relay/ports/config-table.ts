/** The Config table as the functions use it: sources, endpoints and their health. */
import type { EndpointId } from '../model/ids.ts';

/** The kinds of rows in the Config table. */
export type ConfigKind = 'endpoint' | 'source' | 'health';

/** The Config table as the functions see it. Rows come as they are: people write them, so they are parsed by name. */
export interface ConfigTable {
  /** All rows of a kind, unparsed but for `id`. Eventually consistent unless asked otherwise. */
  rows(kind: ConfigKind, options?: { readonly consistent?: boolean }): Promise<ConfigRow[]>;
  /** One endpoint's row of kind `health`. Consistent. */
  healthRow(endpointId: EndpointId): Promise<ConfigRow | undefined>;
  /**
   * Writes the attributes given and no others, null removing one, into the health row, which is made if need be;
   * false, and nothing is written, when the row no longer says what `only` says, undefined being an absent attribute.
   */
  updateHealth(endpointId: EndpointId, only: RowAttributes, change: RowAttributes): Promise<boolean>;
  /** False when the row no longer says what `only` says. */
  removeHealth(endpointId: EndpointId, only: RowAttributes): Promise<boolean>;
}

export type RowAttributes = Readonly<Record<string, string | number | Date | null | undefined>>;

export interface ConfigRow {
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}
