/** The environment variables that the stack sets and the functions read. */

/** Each function's required variables. The stack sets exactly these, and the function reads no others. */
export const REQUIRED_VARIABLES = {
  ingest: ['EVENT_LOG_TABLE', 'CONFIG_TABLE', 'EVENTS_QUEUE_URL', 'RETENTION_DAYS', 'PAYLOAD_RETENTION_DAYS'],
  fanOut: [
    'EVENT_LOG_TABLE',
    'CONFIG_TABLE',
    'EVENTS_QUEUE_URL',
    'EVENTS_DEAD_LETTER_QUEUE_URL',
    'DELIVERIES_QUEUE_URL',
    'RETENTION_DAYS',
    'PAYLOAD_RETENTION_DAYS',
  ],
  // Deliver writes no payload, so it needs no retention for one.
  deliver: [
    'EVENT_LOG_TABLE',
    'CONFIG_TABLE',
    'DELIVERIES_QUEUE_URL',
    'DELIVERIES_DEAD_LETTER_QUEUE_URL',
    'RETENTION_DAYS',
  ],
  sweep: [
    'EVENT_LOG_TABLE',
    'CONFIG_TABLE',
    'EVENTS_QUEUE_URL',
    'DELIVERIES_QUEUE_URL',
    'RETENTION_DAYS',
    'PAYLOAD_RETENTION_DAYS',
    'SILENCE_HOURS',
  ],
} as const;

export type FunctionName = keyof typeof REQUIRED_VARIABLES;
export type RequiredVariable = (typeof REQUIRED_VARIABLES)[FunctionName][number];

/** Variables with a default, for the functions that send to endpoints. */
export const SENDING_VARIABLES = ['ALLOWED_CIDRS', 'PARAMETER_STORE'] as const;

export type SendingVariable = (typeof SENDING_VARIABLES)[number];

/** `x-ray` adds the events' ids to the functions' traces. Absent unless the setting `tracing` is on. */
export const TRACES_VARIABLE = 'EVENT_TRACES';
