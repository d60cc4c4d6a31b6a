/** A config whose changes take effect at once: reading the rows of this process's own file costs little. */
import { Config, type Endpoints } from '../relay/config.ts';
import type { Source } from '../relay/endpoint/source.ts';
import type { Clock } from '../relay/model/clock.ts';
import type { ConfigTable } from '../relay/ports/config-table.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';

export interface FreshConfigOptions {
  readonly configTable: ConfigTable;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** True once after another process has written to the file. */
  readonly hasChanged: () => boolean;
}

export class FreshConfig extends Config {
  readonly #hasChanged: () => boolean;

  constructor({ configTable, clock, telemetry, hasChanged }: FreshConfigOptions) {
    super(configTable, clock, telemetry);
    this.#hasChanged = hasChanged;
  }

  override sourceByToken(tokenSha256: string): Promise<Source | undefined> {
    this.#expireIfChanged();
    return super.sourceByToken(tokenSha256);
  }

  override endpoints(asOfLate = false): Promise<Endpoints> {
    this.#expireIfChanged();
    return super.endpoints(asOfLate);
  }

  #expireIfChanged(): void {
    if (this.#hasChanged()) this.expire();
  }
}
