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
  | 'DeliveriesDead'
  | 'ConfigRowsInvalid'
  | 'ForeignMessages'
  | 'EventsQuarantined'
  | 'NeedsAttention'
  | 'CircuitsOpened'
  | 'EndpointsRefusing'
  | 'EndpointsDisabled'
  | 'OwedOverdue'
  | 'ExpressionsFailed'
  | 'OldestOwedSeconds';
