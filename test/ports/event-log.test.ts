import { describe } from 'vitest';
import { useSqlite } from '../sqlite/stores.ts';
import { DYNAMODB_ENGINES, useEmbedded } from './embedded.ts';
import { describeEventLog } from './event-log.conformance.ts';
import { dynamoEventLog, memoryEventLog, sqliteEventLog } from './subjects.ts';

describeEventLog('the event log in memory', memoryEventLog);

describe.each(DYNAMODB_ENGINES)('on %s', (engine) => {
  const embedded = useEmbedded(engine);

  describeEventLog('the event log in DynamoDB', () => dynamoEventLog(embedded()));
});

const sqlite = useSqlite();

describeEventLog('the event log in SQLite', () => sqliteEventLog(sqlite.open));
