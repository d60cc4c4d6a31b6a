import { describe, expect, it } from 'vitest';
import type {
  Diagnostics,
  MachineDiagnostics,
  StackDiagnostics,
  TableFacts,
} from '../../../lib/operator/diagnostics.ts';
import { examine } from '../../../lib/operator/doctor/examine.ts';
import type { ConfigRow } from '../../../lib/relay/ports/config-table.ts';

const NOW = new Date('2026-03-01T10:00:00Z');

const SOURCE = { kind: 'source', id: 'main', attributes: { tokenSha256: 'a'.repeat(64) } };
const ENDPOINT = { kind: 'endpoint', id: 'erp', attributes: { url: 'https://erp.example/hooks' } };

interface Situation {
  readonly rows?: readonly (ConfigRow & { readonly kind: string })[];
  readonly deadLetters?: number;
  readonly diagnostics?: Partial<Diagnostics>;
  readonly stack?: Partial<StackDiagnostics>;
  readonly machine?: Partial<MachineDiagnostics>;
}

const TABLE: TableFacts = {
  name: 'EventLog',
  status: 'ACTIVE',
  expiresBy: 'expiresAt',
  mustExpireBy: 'expiresAt',
  hasPointInTimeRecovery: true,
  isProtected: true,
};

const STACK: StackDiagnostics = {
  concurrency: async () => ({ limit: 1000, unreserved: 1000 }),
  mappings: async () => [
    { name: 'EventsToFanOut', state: 'Enabled', maximumConcurrency: 4 },
    { name: 'DeliveriesToDeliver', state: 'Enabled', maximumConcurrency: 2 },
  ],
  tables: async () => [TABLE],
  sweepRuns: async () => ({ lastRunAt: new Date(NOW.getTime() - 60_000), runs: 15, failures: 0 }),
  alarms: async () => [
    { name: 'SilenceAlarm', isRinging: false, description: 'No webhook', topicArns: ['arn:aws:sns:x:1:t'] },
  ],
  receiversOf: async () => ({ confirmed: 1, unconfirmed: 0 }),
};

const MACHINE: MachineDiagnostics = {
  fileProblems: async () => [],
  diskSpace: async () => ({ freeBytes: 20e9, fileBytes: 1e9 }),
  health: async () => 'ok',
};

/** Examines a relay that is well, except for what the situation says. */
async function findings(situation: Situation = {}) {
  const { rows = [SOURCE, ENDPOINT], deadLetters = 0, diagnostics, stack, machine } = situation;
  const queue = { count: async () => deadLetters };
  const connection = {
    clock: { now: () => NOW, monotonicMs: () => 0 },
    configTable: { rows: async (kind: string) => rows.filter((row) => row.kind === kind) },
    queues: async () => ({ deadLetters: { events: queue, deliveries: queue } }),
  };
  return examine(
    connection as unknown as Parameters<typeof examine>[0],
    {
      askAddress: async () => ({ status: 404, date: NOW }),
      faultOfUrl: async () => undefined,
      ...(stack && { stack: { ...STACK, ...stack } }),
      ...(machine && { machine: { ...MACHINE, ...machine } }),
      ...diagnostics,
    },
    (error) => (error instanceof Error && error.name === 'AccessDenied' ? 'AWS denies access' : undefined),
  );
}

const wrong = async (situation: Situation) =>
  (await findings(situation))
    .filter(({ state }) => state !== 'ok')
    .map(({ check, text }) => `${check}: ${text}`);

describe('a relay that is well', () => {
  it('has no problem, and one line per check', async () => {
    const all = await findings({ stack: {}, machine: {} });

    expect(all.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(all.map(({ check }) => check)).toEqual([
      ...['webhook address', 'clock', 'sources', 'endpoints', 'dead letters'],
      ...['concurrency', 'mappings', 'tables', 'sweep', 'alarms'],
      ...['data file', 'disk space', 'sweep'],
    ]);
  });
});

describe('doctor finds', () => {
  it.each<[string, Situation, string[]]>([
    ['no source', { rows: [ENDPOINT] }, ['sources: there is none, so nobody can send a webhook']],
    [
      'no enabled source',
      { rows: [{ ...SOURCE, attributes: { ...SOURCE.attributes, enabled: false } }, ENDPOINT] },
      ['sources: none is enabled, so every webhook is refused'],
    ],
    [
      'no endpoint',
      { rows: [SOURCE] },
      ['endpoints: there is none, so webhooks are stored and sent nowhere'],
    ],
    [
      'an invalid row',
      { rows: [SOURCE, { ...ENDPOINT, attributes: { url: 'erp' } }] },
      [
        expect.stringMatching(
          /^endpoints: the row erp is invalid, so its deliveries are parked: url: must be/,
        ),
      ],
    ],
    [
      'an address that the relay refuses',
      { diagnostics: { faultOfUrl: async () => 'its address is not public' } },
      ['endpoints: erp: its address is not public'],
    ],
    [
      'an endpoint that fails',
      {
        rows: [
          SOURCE,
          ENDPOINT,
          { kind: 'health', id: 'erp', attributes: { state: 'disabled', reason: 'it answered 410' } },
        ],
      },
      ['endpoints: erp is disabled'],
    ],
    [
      'dead letters',
      { deadLetters: 2 },
      ['dead letters: about 2 in the queue of events', 'dead letters: about 2 in the queue of deliveries'],
    ],
    [
      'an address without an answer',
      { diagnostics: { askAddress: () => Promise.reject(new Error('ECONNREFUSED')) } },
      ['webhook address: does not answer: ECONNREFUSED'],
    ],
    [
      'an address that fails',
      { diagnostics: { askAddress: async () => ({ status: 503 }) } },
      ['webhook address: answers 503'],
    ],
    [
      'an address at which something else answers',
      { diagnostics: { askAddress: async () => ({ status: 200 }) } },
      ['webhook address: answers 200, where the relay answers 404 to a stranger'],
    ],
    [
      'a clock that is ahead',
      { diagnostics: { askAddress: async () => ({ status: 404, date: new Date('2026-03-01T09:50:00Z') }) } },
      ['clock: this machine is 599 s ahead of the relay’s clock'],
    ],
    [
      'too little concurrency',
      { stack: { concurrency: async () => ({ limit: 10, unreserved: 7 }) } },
      [
        'concurrency: the account runs 7 functions at once without reservation (limit 10); fan-out and deliver may take 6, and webhooks may be refused while they do',
      ],
    ],
    [
      'a disabled mapping',
      { stack: { mappings: async () => [{ name: 'EventsToFanOut', state: 'Disabled' }] } },
      ['mappings: EventsToFanOut is disabled, so its queue is not read'],
    ],
    [
      'a missing table',
      { stack: { tables: async () => [{ ...TABLE, status: 'missing' }] } },
      ['tables: EventLog does not exist'],
    ],
    [
      'a table without its safety',
      {
        stack: {
          tables: async () => [
            { ...TABLE, expiresBy: undefined, hasPointInTimeRecovery: false, isProtected: false },
          ],
        },
      },
      [
        'tables: EventLog keeps expired rows: its time to live is off',
        'tables: EventLog has no point-in-time recovery',
        'tables: EventLog has no deletion protection',
      ],
    ],
    [
      'a sweep that does not run',
      { stack: { sweepRuns: async () => ({ runs: 0, failures: 0 }) } },
      ['sweep: did not run in the last 15 minutes, so late work waits'],
    ],
    [
      'a sweep that stopped',
      {
        stack: {
          sweepRuns: async () => ({ lastRunAt: new Date('2026-03-01T09:50:00Z'), runs: 5, failures: 0 }),
        },
      },
      ['sweep: last ran 10 minutes ago, so late work waits'],
    ],
    [
      'a sweep that fails',
      { stack: { sweepRuns: async () => ({ lastRunAt: NOW, runs: 15, failures: 3 }) } },
      ['sweep: failed 3 of 15 times in the last 15 minutes'],
    ],
    [
      'an alarm that rings, and nobody who hears it',
      {
        stack: {
          alarms: async () => [
            { name: 'SilenceAlarm', isRinging: true, description: 'No webhook', topicArns: [] },
          ],
        },
      },
      ['alarms: SilenceAlarm is in alarm: No webhook', 'alarms: notify nobody'],
    ],
    [
      'a receiver who has not confirmed',
      { stack: { receiversOf: async () => ({ confirmed: 0, unconfirmed: 1 }) } },
      ['alarms: reach nobody: no receiver has confirmed the subscription'],
    ],
    [
      'a topic without receivers',
      { stack: { receiversOf: async () => ({ confirmed: 0, unconfirmed: 0 }) } },
      ['alarms: reach nobody: their topic has no subscription'],
    ],
    [
      'a damaged file',
      { machine: { fileProblems: async () => ['row 7 missing from index byTime'] } },
      ['data file: is damaged: row 7 missing from index byTime'],
    ],
    [
      'a disk that fills',
      { machine: { diskSpace: async () => ({ freeBytes: 2e9, fileBytes: 3e9 }) } },
      ['disk space: 2.0 GB free; the relay’s file has 3.0 GB'],
    ],
    [
      'a relay whose sweep has stopped',
      { machine: { health: async () => 'workers' } },
      ['sweep: did not run for some minutes, so late work waits'],
    ],
  ])('%s', async (_, situation, expected) => {
    expect(await wrong(situation)).toEqual(expected);
  });

  it('what to do, for every problem', async () => {
    const problems = await findings({ rows: [], deadLetters: 1, stack: { mappings: async () => [] } });

    for (const { state, action } of problems) if (state === 'problem') expect(action).toMatch(/\.$/);
    expect(problems.filter(({ state }) => state === 'problem').length).toBeGreaterThan(3);
  });

  it('that it could not check something, and checks the rest', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });

    expect(await wrong({ deadLetters: 1, stack: { tables: () => Promise.reject(denied) } })).toEqual([
      'dead letters: about 1 in the queue of events',
      'dead letters: about 1 in the queue of deliveries',
      'tables: could not be checked: AWS denies access',
    ]);
  });
});
