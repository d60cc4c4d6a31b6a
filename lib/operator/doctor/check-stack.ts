/** Checks a deployed relay's AWS resources. */
import type { Clock } from '../../relay/model/clock.ts';
import type { AlarmFacts, Mapping, StackDiagnostics, SweepRuns, TableFacts } from '../diagnostics.ts';
import { type Check, type Finding, ok, problem, problemsOr } from './finding.ts';

const CONCURRENCY = 'concurrency';
const MAPPINGS = 'mappings';
const TABLES = 'tables';
const SWEEP = 'sweep';
const ALARMS = 'alarms';

/** Ingest and sweep need one each. */
const OTHER_FUNCTIONS = 2;
/** Sweep runs every minute, and CloudWatch is up to three minutes late. */
const SWEEP_LATE_MS = 5 * 60_000;

export function checkStack(stack: StackDiagnostics, clock: Clock): readonly Check[] {
  return [
    [CONCURRENCY, () => checkConcurrency(stack)],
    [MAPPINGS, async () => checkMappings(await stack.mappings())],
    [TABLES, async () => (await stack.tables()).flatMap(tableFindings)],
    [SWEEP, async () => checkSweep(await stack.sweepRuns(), clock)],
    [ALARMS, () => checkAlarms(stack)],
  ];
}

async function checkConcurrency(stack: StackDiagnostics): Promise<Finding[]> {
  const [{ limit, unreserved }, mappings] = await Promise.all([stack.concurrency(), stack.mappings()]);
  const used = mappings.reduce((sum, { maximumConcurrency = 0 }) => sum + maximumConcurrency, 0);
  const text = `the account runs ${unreserved} functions at once without reservation (limit ${limit}); fan-out and deliver may take ${used}`;
  if (used + OTHER_FUNCTIONS <= unreserved) return [ok(CONCURRENCY, text)];
  return [
    problem(
      CONCURRENCY,
      `${text}, and webhooks may be refused while they do`,
      'Ask for more under Service Quotas, Lambda, “Concurrent executions”, or deploy with a smaller fanOutConcurrency or deliverConcurrency.',
    ),
  ];
}

function checkMappings(mappings: readonly Mapping[]): readonly Finding[] {
  if (mappings.length === 0)
    return [problem(MAPPINGS, 'the stack has none, so no queue is read', 'Deploy the stack again.')];
  const problems = mappings
    .filter(({ state }) => state !== 'Enabled')
    .map(({ name, state }) =>
      problem(
        MAPPINGS,
        `${name} is ${state.toLowerCase()}, so its queue is not read`,
        'Enable it in the Lambda console, under the function’s triggers.',
      ),
    );
  return problemsOr(problems, ok(MAPPINGS, `${mappings.length} enabled`));
}

function tableFindings(table: TableFacts): readonly Finding[] {
  const { name, status, expiresBy, mustExpireBy, hasPointInTimeRecovery, isProtected } = table;
  if (status === 'missing')
    return [
      problem(
        TABLES,
        `${name} does not exist`,
        'Restore it from a backup, and deploy with configTable or eventLogTable.',
      ),
    ];
  return problemsOr(
    [
      ...(status === 'ACTIVE'
        ? []
        : [problem(TABLES, `${name} is ${status.toLowerCase()}`, 'Wait until it is active.')]),
      ...(mustExpireBy === undefined || mustExpireBy === expiresBy
        ? []
        : [
            problem(
              TABLES,
              `${name} keeps expired rows: its time to live is ${expiresBy === undefined ? 'off' : `by ${expiresBy}`}`,
              `Turn on its time to live with the attribute ${mustExpireBy}.`,
            ),
          ]),
      ...(hasPointInTimeRecovery
        ? []
        : [
            problem(
              TABLES,
              `${name} has no point-in-time recovery`,
              'Turn it on: a wrong delete cannot be undone without it.',
            ),
          ]),
      ...(isProtected
        ? []
        : [
            problem(
              TABLES,
              `${name} has no deletion protection`,
              'Turn it on, unless this relay is only for tests.',
            ),
          ]),
    ],
    ok(TABLES, `${name} is active, backed up and protected`),
  );
}

function checkSweep({ lastRunAt, runs, failures }: SweepRuns, clock: Clock): Finding[] {
  const action = 'Look at its log and at its schedule in EventBridge Scheduler.';
  if (lastRunAt === undefined)
    return [problem(SWEEP, 'did not run in the last 15 minutes, so late work waits', action)];
  const agoMs = clock.now().getTime() - lastRunAt.getTime();
  if (agoMs > SWEEP_LATE_MS)
    return [problem(SWEEP, `last ran ${Math.round(agoMs / 60_000)} minutes ago, so late work waits`, action)];
  if (failures > 0)
    return [problem(SWEEP, `failed ${failures} of ${runs} times in the last 15 minutes`, 'Look at its log.')];
  return [ok(SWEEP, `ran ${runs} times in the last 15 minutes`)];
}

async function checkAlarms(stack: StackDiagnostics): Promise<readonly Finding[]> {
  const alarms = await stack.alarms();
  const topics = [...new Set(alarms.flatMap(({ topicArns }) => topicArns))];
  const receivers = await Promise.all(topics.map((topic) => stack.receiversOf(topic)));
  const confirmed = receivers.reduce((sum, one) => sum + one.confirmed, 0);
  const unconfirmed = receivers.reduce((sum, one) => sum + one.unconfirmed, 0);
  return [
    ...ringingFindings(alarms),
    receiverFinding({ topics: topics.length, confirmed, unconfirmed, alarms: alarms.length }),
  ];
}

function ringingFindings(alarms: readonly AlarmFacts[]): Finding[] {
  return alarms
    .filter(({ isRinging }) => isRinging)
    .map(({ name, description }) =>
      problem(
        ALARMS,
        `${name} is in alarm: ${description}`,
        'docs/runbook.md says what to do for each alarm.',
      ),
    );
}

function receiverFinding(counts: {
  readonly alarms: number;
  readonly topics: number;
  readonly confirmed: number;
  readonly unconfirmed: number;
}): Finding {
  if (counts.topics === 0)
    return problem(
      ALARMS,
      'notify nobody',
      'Deploy with `-c alarmEmail=you@example.com` or an alarmTopicArn.',
    );
  if (counts.confirmed > 0)
    return ok(
      ALARMS,
      `${counts.alarms}, with ${counts.confirmed} confirmed ${counts.confirmed === 1 ? 'receiver' : 'receivers'}`,
    );
  return counts.unconfirmed > 0
    ? problem(
        ALARMS,
        'reach nobody: no receiver has confirmed the subscription',
        'Follow the link in the mail “AWS Notification – Subscription Confirmation”; look for it in spam.',
      )
    : problem(
        ALARMS,
        'reach nobody: their topic has no subscription',
        'Add a subscription to the topic in the SNS console.',
      );
}
