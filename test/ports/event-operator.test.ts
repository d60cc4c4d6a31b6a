import { describe } from 'vitest';
import { DynamoEventLog } from '../../lib/aws/dynamodb/event-log.ts';
import { DynamoEventReader } from '../../lib/aws/dynamodb/event-log-reader.ts';
import { DynamoEventWriter } from '../../lib/aws/dynamodb/event-log-writer.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryEventReader } from '../memory/event-reader.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { useSqlite } from '../sqlite/stores.ts';
import { DYNAMODB_ENGINES, type Embedded, useEmbedded } from './embedded.ts';
import type { EventOperatorSubject } from './event-operator-subject.ts';
import { describeEventReader } from './event-reader.conformance.ts';
import { describeEventEraser, describeEventWriter } from './event-writer.conformance.ts';

async function inMemory(): Promise<EventOperatorSubject> {
  const clock = new MemoryClock();
  const eventLog = new MemoryEventLog(clock);
  return { eventLog, reader: new MemoryEventReader(eventLog), writer: eventLog, eraser: eventLog, clock };
}

describeEventReader('the event reader in memory', inMemory);
describeEventWriter('the event writer in memory', inMemory);
describeEventEraser('the event eraser in memory', inMemory);

async function inDynamoDb(embedded: Embedded): Promise<EventOperatorSubject> {
  const clock = new MemoryClock();
  const tableName = await embedded.newTable('EventLogTable');
  const log = { client: embedded.dynamoDb, tableName, clock, telemetry: new MemoryTelemetry() };
  const writer = new DynamoEventWriter(log);
  return {
    eventLog: new DynamoEventLog({ ...log, retentionDays: 30 }),
    reader: new DynamoEventReader(log),
    writer,
    eraser: writer,
    clock,
  };
}

describe.each(DYNAMODB_ENGINES)('on %s', (engine) => {
  const embedded = useEmbedded(engine);
  const subject = () => inDynamoDb(embedded());

  describeEventReader('the event reader in DynamoDB', subject);
  describeEventWriter('the event writer in DynamoDB', subject);
  describeEventEraser('the event eraser in DynamoDB', subject);
});

const sqlite = useSqlite();

async function inSqlite(): Promise<EventOperatorSubject> {
  const { eventLog, eventReader: reader, eventWriter: writer, eventEraser: eraser, clock } = sqlite.open();
  return { eventLog, reader, writer, eraser, clock };
}

describeEventReader('the event reader in SQLite', inSqlite);
describeEventWriter('the event writer in SQLite', inSqlite);
describeEventEraser('the event eraser in SQLite', inSqlite);
