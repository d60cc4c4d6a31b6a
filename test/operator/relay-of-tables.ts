/** A local relay without functions: enough for every command that reads and writes tables. */
import { DeleteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { dynamoDbClient } from '../../lib/aws/clients.ts';
import { type LocalRelay, startLocalRelay } from '../../lib/local/local-relay.ts';
import { type Connection, connect } from '../../lib/operator/connection.ts';
import { findLocalRelay } from '../../lib/operator/local-relay.ts';
import { Tables } from '../../lib/stack/tables.ts';
import { type CliOptions, type CliResult, cli } from './cli.ts';

export const WEBHOOKS = 'https://relay.example/webhooks/';

type Row = Readonly<Record<string, unknown>>;

export interface RelayOfTables {
  readonly port: string;
  readonly dynamoDbEndpoint: string;
  readonly connection: Connection;
  /** Runs a command on this relay. */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** All rows of the Config table, by kind and id. */
  config(): Promise<Row[]>;
  /** Writes a row of the Config table as a person does in the DynamoDB console. */
  put(kind: string, id: string, attributes: Row): Promise<void>;
  clear(): Promise<void>;
  close(): void;
}

/** Starts it before the tests of a file, and stops it after; each test finds the Config table empty. */
export function useRelayOfTables(): () => RelayOfTables {
  let relay: LocalRelay | undefined;
  let tables: RelayOfTables | undefined;
  beforeAll(async () => {
    relay = await startLocalRelay({ template: tablesTemplate(), root: '.', port: 0 });
    tables = await over(relay);
  });
  beforeEach(() => tables?.clear());
  afterAll(async () => {
    tables?.close();
    await relay?.stop(0);
  });
  return () => {
    if (tables === undefined) throw new Error('there is a relay only while tests run');
    return tables;
  };
}

/** Without the functions there is no HTTP API either: its address is made up. */
function tablesTemplate(): unknown {
  const stack = new Stack(new App(), 'Tables');
  const { config, eventLog } = new Tables(stack, 'Tables', { removalPolicy: 'destroy' });
  new CfnOutput(stack, 'WebhookBaseAddress', { value: WEBHOOKS });
  new CfnOutput(stack, 'ConfigTableName', { value: config.tableName });
  new CfnOutput(stack, 'EventLogTableName', { value: eventLog.tableName });
  return Template.fromStack(stack).toJSON();
}

async function over({ url }: LocalRelay): Promise<RelayOfTables> {
  const { port } = new URL(url);
  const description = await findLocalRelay(Number(port));
  const client = dynamoDbClient(description.dynamoDbConfig);
  const connection = await connect(description, () => {});
  const TableName = description.configTableName;
  const config = async () => (await client.send(new ScanCommand({ TableName }))).Items ?? [];
  return {
    port,
    dynamoDbEndpoint: description.dynamoDbConfig.endpoint ?? '',
    connection,
    cli: (args, options) => cli([...args, '--port', port], options),
    config,
    async put(kind, id, attributes) {
      await client.send(new PutCommand({ TableName, Item: { kind, id, ...attributes } }));
    },
    async clear() {
      for (const { kind, id } of await config()) {
        await client.send(new DeleteCommand({ TableName, Key: { kind, id } }));
      }
    },
    close() {
      client.destroy();
      connection.close();
    },
  };
}
