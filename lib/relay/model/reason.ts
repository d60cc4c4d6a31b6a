/** The reasons why a delivery waits or ended. Code compares the codes. People read the texts. */

const TEXTS = {
  'invalid-config': 'invalid config',
  'endpoint-paused': 'endpoint is paused',
  'endpoint-failing': 'endpoint is failing',
  'behind-earlier': 'behind an earlier delivery',
  'endpoint-busy': 'endpoint asked to wait',
  debounce: 'waits until its order is quiet',
  'slow-answer': 'slow: deliver tries again with the full timeout',
  'expressions-busy': 'other expressions took the time: the relay tries again',
  replay: 'replayed by hand',
  retry: 'retried by hand',
  'filter-refused': 'refused by the filter',
  'no-snapshot': 'the webhook contains no order',
  unchanged: 'nothing has changed',
  'newer-event': 'a newer event took its place',
  'endpoint-disabled': 'endpoint is disabled',
  'endpoint-removed': 'endpoint was removed',
  'source-not-subscribed': 'endpoint is not subscribed to this source',
  'cancelled-by-hand': 'cancelled by hand',
  'payload-erased': 'payload was erased',
  'payload-gone': 'payload is gone: it expired or was erased',
  'payload-unreadable': 'payload row cannot be read',
} as const;

/** A code, as rows and JSON contain it. */
export type Reason = keyof typeof TEXTS;

export const REASONS = Object.keys(TEXTS) as [Reason, ...Reason[]];

/** The text of a reason. */
export function reasonText(reason: Reason): string {
  return TEXTS[reason];
}
