/** The metrics that the functions count and that the stack's alarms and dashboard read. */

/** None has an endpoint or an order as dimension: CloudWatch bills each combination of dimensions as one metric. */
export type Metric =
  | 'EventsAccepted'
  | 'EventsAcceptedByQueue'
  | 'EventsRefused'
  | 'EventsDropped'
  | 'EventsFannedOut'
  | 'FanOutFailures'
  | 'DeliveriesDelivered'
  | 'DeliveriesFailedAttempts'
  | 'ForeignMessages'
  | 'OwedOverdue'
  | 'OldestOwedSeconds'
  | 'WorkFailures'
  | 'Problems'
  | Problem;

/** Problems that need attention, each beside its sum `Problems`: one alarm on the sum costs a tenth of one on each. */
const PROBLEMS = [
  'DeliveriesDead',
  'EventsAbandoned',
  'EventsQuarantined',
  'CircuitsOpened',
  'EndpointsRefusing',
  'EndpointsDisabled',
  'ConfigRowsInvalid',
  'ExpressionsFailed',
] as const;

type Problem = (typeof PROBLEMS)[number];

/** The metrics to count for one: itself, and `Problems` when it is a problem. */
export function countedWith(metric: Metric): Metric[] {
  const problems: readonly Metric[] = PROBLEMS;
  return problems.includes(metric) ? [metric, 'Problems'] : [metric];
}
