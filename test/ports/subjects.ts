/** Every implementation of the EventLog and ConfigTable ports, empty and ready for a test. */
import { DatabaseSync } from 'node:sqlite';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { DynamoConfigTable } from '../../lib/aws/dynamodb/config-table.ts';
import { DynamoEventLog } from '../../lib/aws/dynamodb/event-log.ts';
import { DynamoEventReader } from '../../lib/aws/dynamodb/event-log-reader.ts';
import { DynamoEventWriter } from '../../lib/aws/dynamodb/event-log-writer.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryConfigTable } from '../memory/config-table.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryEventReader } from '../memory/event-reader.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import type { OpenStore } from '../sqlite/stores.ts';
import type { ConfigTableSubject } from './config-table.conformance.ts';
import type { Embedded } from './embedded.ts';
import type { EventLogSubject } from './event-log-subject.ts';

const RETENTION_DAYS = 30;

export async function memoryEventLog(): Promise<EventLogSubject> {
  const clock = new MemoryClock();
  const eventLog = new MemoryEventLog(clock, RETENTION_DAYS);
  return {
    eventLog,
    clock,
    erasePayload: async (key) => eventLog.erasePayload(key, clock.now()),
    noteForgotten: async (key) => eventLog.noteForgotten(key, clock.now()),
    aliasesOf: (aliasKey) => new MemoryEventReader(eventLog).aliasesOf(aliasKey),
  };
}

export async function dynamoEventLog(embedded: Embedded): Promise<EventLogSubject> {
  const client = embedded.dynamoDb;
  const tableName = await embedded.newTable('EventLogTable');
  const clock = new MemoryClock();
  const telemetry = new MemoryTelemetry();
  const writer = new DynamoEventWriter({ client, tableName });
  return {
    eventLog: new DynamoEventLog({ client, tableName, retentionDays: RETENTION_DAYS, clock, telemetry }),
    clock,
    erasePayload: (key) => writer.erasePayload(key, clock.now()),
    noteForgotten: (key) => writer.noteForgotten(key, clock.now()),
    aliasesOf: (aliasKey) =>
      new DynamoEventReader({ client, tableName, clock, telemetry }).aliasesOf(aliasKey),
  };
}

export async function sqliteEventLog(open: OpenStore): Promise<EventLogSubject> {
  const { eventLog, eventEraser, eventReader, clock } = open({ retentionDays: RETENTION_DAYS });
  return {
    eventLog,
    clock,
    erasePayload: (key) => eventEraser.erasePayload(key, clock.now()),
    noteForgotten: (key) => eventEraser.noteForgotten(key, clock.now()),
    aliasesOf: (aliasKey) => eventReader.aliasesOf(aliasKey),
  };
}

export async function memoryConfigTable(): Promise<ConfigTableSubject> {
  const table = new MemoryConfigTable();
  return { table, put: async (...row) => table.put(...row) };
}

export async function dynamoConfigTable(embedded: Embedded): Promise<ConfigTableSubject> {
  const client = embedded.dynamoDb;
  const tableName = await embedded.newTable('ConfigTable');
  return {
    table: new DynamoConfigTable({ client, tableName }),
    async put(kind, id, attributes) {
      await client.send(new PutCommand({ TableName: tableName, Item: { ...attributes, kind, id } }));
    },
  };
}

export async function sqliteConfigTable(open: OpenStore): Promise<ConfigTableSubject> {
  const { configTable, file } = open();
  return {
    table: configTable,
    async put(kind, id, attributes) {
      const database = new DatabaseSync(file);
      const sql = 'INSERT OR REPLACE INTO config (kind, id, attributes) VALUES (?, ?, ?)';
      database.prepare(sql).run(kind, id, JSON.stringify(attributes));
      database.close();
    },
  };
}
