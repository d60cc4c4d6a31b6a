/** The Config table with its history: reads that are not consistent see it as it was, and checks ask what was in force. */
import type { ConfigKind, ConfigRow } from '../../lib/relay/ports/config-table.ts';
import { MemoryConfigTable } from '../memory/config-table.ts';
import type { Scheduler } from './scheduler.ts';

type Attributes = ConfigRow['attributes'];

interface Version {
  readonly fromMs: number;
  /** Undefined while there is no row. */
  readonly attributes: Attributes | undefined;
}

export class SimulatedConfigTable extends MemoryConfigTable {
  readonly #scheduler: Scheduler;
  readonly #versions = new Map<string, Version[]>();

  constructor(scheduler: Scheduler) {
    super();
    this.#scheduler = scheduler;
  }

  /** A row that has been there for long: no stale read misses it. */
  putLongAgo(kind: ConfigKind, id: string, attributes: Attributes): void {
    super.put(kind, id, attributes);
    this.#versions.set(keyOf(kind, id), [{ fromMs: 0, attributes }]);
  }

  override put(kind: ConfigKind, id: string, attributes: Attributes): void {
    super.put(kind, id, attributes);
    this.#record(kind, id, attributes);
  }

  override remove(kind: ConfigKind, id: string): Promise<boolean> {
    const removed = super.remove(kind, id);
    this.#record(kind, id, undefined);
    return removed;
  }

  /** All rows of a kind as they were at a moment. */
  rowsAt(kind: ConfigKind, atMs: number): ConfigRow[] {
    return [...this.#versions].flatMap(([key, versions]) => {
      const attributes = versions.findLast(({ fromMs }) => fromMs <= atMs)?.attributes;
      const id = key.slice(kind.length + 1);
      return key.startsWith(`${kind} `) && attributes !== undefined ? [{ id, attributes }] : [];
    });
  }

  /** Everything that a row said at some time between two moments. */
  during(kind: ConfigKind, id: string, sinceMs: number, untilMs: number): Attributes[] {
    const versions = this.#versions.get(keyOf(kind, id)) ?? [];
    const found: Attributes[] = [];
    let endsAtMs = Number.POSITIVE_INFINITY;
    for (const { fromMs, attributes } of versions.toReversed()) {
      if (endsAtMs <= sinceMs) break;
      if (fromMs <= untilMs && attributes !== undefined) found.push(attributes);
      endsAtMs = fromMs;
    }
    return found.reverse();
  }

  #record(kind: ConfigKind, id: string, attributes: Attributes | undefined): void {
    const versions = this.#versions.get(keyOf(kind, id)) ?? [{ fromMs: 0, attributes: undefined }];
    versions.push({ fromMs: this.#scheduler.nowMs, attributes });
    this.#versions.set(keyOf(kind, id), versions);
  }
}

const keyOf = (kind: ConfigKind, id: string) => `${kind} ${id}`;
