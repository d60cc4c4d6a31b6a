/** The way to a relay, local or deployed: its tables, and what else an operator needs to know of it. */
import type { ConfigWriter } from '../aws/config-writer.ts';
import type { EventLogReader } from '../aws/event-log-reader.ts';
import type { Clock } from '../relay/clock.ts';
import type { ConfigTable, EventLog, Telemetry } from '../relay/ports.ts';

export interface Connection {
  readonly relay: RelayDescription;
  readonly clock: Clock;
  readonly configTable: ConfigTable;
  readonly configWriter: ConfigWriter;
  readonly eventLog: EventLog;
  readonly eventLogReader: EventLogReader;
  /** Lets go of the sockets. */
  close(): void;
}

/** Where a relay is, and by which names its parts go. */
export interface RelayDescription {
  /** What a person calls it: `the local relay on port 8787`, `the stack SensariaRelay`. */
  readonly title: string;
  /** Ends in `/webhooks/`. */
  readonly webhookBaseAddress: string;
  readonly configTableName: string;
  readonly eventLogTableName: string;
  /** How DynamoDB is reached; region, credentials and endpoint come from the environment unless given. */
  readonly dynamoDbConfig: DynamoDbConfig;
  /** Where a local relay keeps everything; absent for a deployed one. */
  readonly dataDir?: string;
}

interface DynamoDbConfig {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Opens a connection. Nothing is sent yet.
 *
 * @param warn hears what is odd about rows that were read, such as one passed over because its key is none of ours
 */
export async function connect(relay: RelayDescription, warn: (message: string) => void): Promise<Connection> {
  // The AWS SDK takes longest to load; who only asks for help need not wait for it.
  const [clients, configTable, configWriter, eventLog, eventLogReader, { systemClock }] = await Promise.all([
    import('../aws/clients.ts'),
    import('../aws/config-table.ts'),
    import('../aws/config-writer.ts'),
    import('../aws/event-log.ts'),
    import('../aws/event-log-reader.ts'),
    import('../aws/system-clock.ts'),
  ]);
  const client = clients.dynamoDbClient(relay.dynamoDbConfig);
  const config = { client, tableName: relay.configTableName };
  const log = { client, tableName: relay.eventLogTableName, clock: systemClock };
  return {
    relay,
    clock: systemClock,
    configTable: new configTable.DynamoConfigTable(config),
    configWriter: new configWriter.ConfigWriter(config),
    eventLog: new eventLog.DynamoEventLog({ ...log, telemetry: warningsOnly(warn) }),
    eventLogReader: new eventLogReader.EventLogReader(log),
    close: () => client.destroy(),
  };
}

/** The functions' logs and metrics are no concern of an operator who reads a table. */
function warningsOnly(warn: (message: string) => void): Telemetry {
  const describe = (message: string, fields: object = {}) =>
    warn([message, ...Object.entries(fields).map(([name, value]) => `${name} ${value}`)].join(', '));
  return { info: () => {}, count: () => {}, warn: describe, error: (message) => describe(message) };
}
