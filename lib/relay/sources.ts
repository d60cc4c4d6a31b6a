/** The sources in the Config table, through a cache. */
import { CACHE_MS, ConfigCache, EARLIEST_REFRESH_MS } from './config-cache.ts';
import { ConfigRowReader, type Rows } from './config-rows.ts';
import { findSource, type Source, sourceSchema } from './endpoint/source.ts';
import type { Clock } from './model/clock.ts';
import type { ConfigTable } from './ports/config-table.ts';
import type { Telemetry } from './ports/telemetry.ts';

export class Sources {
  readonly #table: ConfigTable;
  readonly #clock: Clock;
  readonly #rowReader: ConfigRowReader<Source>;
  readonly #cache: ConfigCache<Rows<Source>>;

  constructor(table: ConfigTable, clock: Clock, telemetry: Telemetry) {
    this.#table = table;
    this.#clock = clock;
    this.#rowReader = new ConfigRowReader(telemetry, 'source', sourceSchema);
    this.#cache = new ConfigCache(clock, telemetry, () => this.#read(table.rows('source')));
  }

  /**
   * The source with this token. After a rotation the previous token is valid for a while, too. Rejects when the cached
   * sources have no such token and newer ones cannot be read: the source may be new.
   */
  async sourceByToken(tokenSha256: string): Promise<Source | undefined> {
    const among = ({ valid }: Rows<Source>) => findSource(valid, tokenSha256, this.#clock.now());
    return (
      among(await this.#cache.get(CACHE_MS)) ?? among(await this.#cache.getNotOlder(EARLIEST_REFRESH_MS))
    );
  }

  /**
   * Like {@link sourceByToken}, but with a consistent read past the cache. Use it before a decision that cannot be undone.
   * Rejects when the table cannot be read.
   */
  async sourceByTokenFromTable(tokenSha256: string): Promise<Source | undefined> {
    const { valid } = await this.#read(this.#table.rows('source', { consistent: true }));
    return findSource(valid, tokenSha256, this.#clock.now());
  }

  /** The rows have changed: the next caller reads them again. */
  expire(): void {
    this.#cache.expire();
  }

  #read(reading: ReturnType<ConfigTable['rows']>): Promise<Rows<Source>> {
    return this.#rowReader.read(reading);
  }
}
