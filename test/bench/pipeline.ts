/** Something that takes webhooks and passes each on to every receiver. */
import type { Webhook } from './webhooks.ts';

export interface Pipeline {
  /** Hands a webhook over; resolves with its event's id once it is kept. */
  send(webhook: Webhook): Promise<string>;
  stop(): Promise<void>;
}
