/** An operator's connection to the relay of the same process: its own store, queues and config. */
import { ProcessExpressions } from '../../node/expressions/process-expressions.ts';
import type { Connection, RelayDescription } from '../../operator/connection.ts';
import type { Config } from '../../relay/config.ts';
import type { Clock } from '../../relay/model/clock.ts';
import type { ConfigWriter } from '../../relay/ports/operator.ts';
import type { DeliveryQueue, EventQueue } from '../../relay/ports/queues.ts';
import type { Telemetry } from '../../relay/ports/telemetry.ts';
import type { SqliteStore } from '../../sqlite/sqlite-store.ts';
import { NO_DEAD_LETTERS } from '../no-dead-letters.ts';
import { inSmallSteps, paced } from './paced-port.ts';
import { Turns } from './turns.ts';

export interface InProcessRelay {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly config: Config;
  readonly eventQueue: EventQueue;
  readonly deliveryQueue: DeliveryQueue;
  readonly store: SqliteStore;
}

/** Work that it enqueues starts at once. The relay closes the store. */
export function connectInProcess(relay: InProcessRelay, description: RelayDescription): Connection {
  const { clock, telemetry, config, eventQueue, deliveryQueue, store } = relay;
  const turns = new Turns(() => clock.monotonicMs());
  return {
    relay: description,
    clock,
    telemetry: { ...QUIET, warn: telemetry.warn.bind(telemetry), error: telemetry.error.bind(telemetry) },
    configTable: paced(store.configTable, turns),
    config,
    configWriter: noticedBy(config, store.configWriter),
    eventLog: paced(store.eventLog, turns),
    eventReader: inSmallSteps(store.eventReader, turns),
    eventWriter: store.eventWriter,
    eventEraser: store.eventEraser,
    queues: async () => ({
      ...{ eventQueue, deliveryQueue },
      deadLetters: { events: NO_DEAD_LETTERS, deliveries: NO_DEAD_LETTERS },
    }),
    openExpressions: () => new ProcessExpressions({ waitLimitMs: 60_000 }),
    backup: (to) => store.backup(to),
    close: () => {},
  };
}

/** The metrics are those of the relay's own work. */
const QUIET = { info: () => {}, count: () => {} };

/** The relay notices changes of other processes by itself, and those of its own process through this. */
function noticedBy(config: Config, writer: ConfigWriter): ConfigWriter {
  const noticed = async (written: Promise<boolean>) => {
    try {
      return await written;
    } finally {
      config.expire();
    }
  };
  return {
    row: (kind, id) => writer.row(kind, id),
    add: (kind, id, attributes) => noticed(writer.add(kind, id, attributes)),
    change: (kind, id, change) => noticed(writer.change(kind, id, change)),
    remove: (kind, id) => noticed(writer.remove(kind, id)),
  };
}
