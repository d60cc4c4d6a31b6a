/** The names in the stack's template that other programs look for. */

/** The outputs by which the CLI finds the parts of a relay. */
export interface StackOutputs {
  /** A source's token is appended to it: `https://…/webhooks/`. */
  readonly WebhookBaseAddress: string;
  readonly ConfigTableName: string;
  readonly EventLogTableName: string;
  readonly EventsQueueUrl: string;
  readonly EventsDeadLetterQueueUrl: string;
  readonly DeliveriesQueueUrl: string;
  readonly DeliveriesDeadLetterQueueUrl: string;
  readonly RetentionDays: string;
  readonly PayloadRetentionDays: string;
  /** 0 for no limit. */
  readonly SilenceHours: string;
}

/** The key of a function's metadata that holds the path of its source file. The emulator runs that file. */
export const HANDLER_METADATA = 'sensaria:handler';

/** The path parameter of the webhook route that holds the source's token. */
export const TOKEN_PARAMETER = 'token';
