/**
 * All implementations of a port give the same answers to the same calls.
 *
 *   npm test -- test/ports/port-sequences                  the same sequences every time
 *   SEQUENCE_RUNS=2000 npm test -- test/ports/port-seq…    more of them; SEQUENCE_SEED=7 for others
 *   SEQUENCE_SEED=7 SEQUENCE_PATH=11:0:3 npm test -- …     one failing sequence, as a failure names it
 *
 * A further implementation is one more entry of `eventLogs` or `configTables`.
 */
import { describe, it } from 'vitest';
import { useSqlite } from '../sqlite/stores.ts';
import { expectSameAnswers, type Implementations } from './call-sequences.ts';
import type { ConfigTableSubject } from './config-table.conformance.ts';
import { configTableCalls, configTableFinalReads } from './config-table-calls.ts';
import { DYNAMODB_ENGINES, useEmbedded } from './embedded.ts';
import { eventLogCalls, eventLogFinalReads } from './event-log-calls.ts';
import type { EventLogSubject } from './event-log-subject.ts';
import {
  dynamoConfigTable,
  dynamoEventLog,
  memoryConfigTable,
  memoryEventLog,
  sqliteConfigTable,
  sqliteEventLog,
} from './subjects.ts';

const RUNS = Number(process.env.SEQUENCE_RUNS ?? 12);
const SEED = Number(process.env.SEQUENCE_SEED ?? 20_260_301);
const PATH = process.env.SEQUENCE_PATH;
/** Many times what the runs take: a failing sequence is run again for each shorter one. */
const TEST_LIMIT_MS = 120_000 + RUNS * 2_000;

const embedded = DYNAMODB_ENGINES.map((engine) => [`in ${engine}`, useEmbedded(engine)] as const);

const sqlite = useSqlite();

const eventLogs: Implementations<EventLogSubject> = {
  'in memory': memoryEventLog,
  'in SQLite': () => sqliteEventLog(sqlite.open),
  ...Object.fromEntries(embedded.map(([name, given]) => [name, () => dynamoEventLog(given())])),
};
const configTables: Implementations<ConfigTableSubject> = {
  'in memory': memoryConfigTable,
  'in SQLite': () => sqliteConfigTable(sqlite.open),
  ...Object.fromEntries(embedded.map(([name, given]) => [name, () => dynamoConfigTable(given())])),
};
const options = { numRuns: RUNS, seed: SEED, path: PATH };

describe('the implementations of a port', () => {
  it(
    'of the event log give the same answers to any sequence of calls',
    () =>
      expectSameAnswers({
        ...options,
        implementations: eventLogs,
        calls: eventLogCalls,
        finalReads: eventLogFinalReads,
      }),
    TEST_LIMIT_MS,
  );

  it(
    'of the config table give the same answers to any sequence of calls',
    () =>
      expectSameAnswers({
        ...options,
        implementations: configTables,
        calls: configTableCalls,
        finalReads: configTableFinalReads,
      }),
    TEST_LIMIT_MS,
  );
});
