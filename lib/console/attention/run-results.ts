/** The results of runs, as sentences. */
import type { DropResult } from '../../operator/deliveries/drops.ts';
import type { RetryResult } from '../../operator/deliveries/retries.ts';
import type { DeadLetterResult } from '../../operator/dlq/dead-letters.ts';
import { counted } from '../layout/counts.ts';

export function retriedText(result: RetryResult): string {
  const { retried, inFlight, alreadyDue, expired, erased, withoutPayload, waitReason, enqueued } = result;
  return sentences([
    `${counted(retried, 'row')} retried`,
    [alreadyDue, `${counted(alreadyDue, 'row')} pending and due already`],
    [inFlight, `${counted(inFlight, 'row')} changed meanwhile`],
    [expired, `${counted(expired, 'row')} not retried, because the body has expired`],
    [erased, `${counted(erased, 'row')} not retried, because the order was forgotten`],
    [withoutPayload.length, `Orders without a body: ${withoutPayload.slice(0, 10).join(', ')}`],
    [waitReason === undefined ? 0 : 1, waitReason ?? ''],
    [enqueued || retried === 0 ? 0 : 1, 'The relay sends them within a minute'],
  ]);
}

export function droppedText({ dropped, changed, withoutRow }: DropResult): string {
  return sentences([
    `${counted(dropped, 'delivery', 'deliveries')} dropped`,
    [changed, `${counted(changed, 'delivery', 'deliveries')} changed meanwhile, and not dropped`],
    [withoutRow, `${counted(withoutRow, 'delivery', 'deliveries')} without a row not dropped`],
  ]);
}

export function messagesText({ done, kept }: DeadLetterResult, verb: string): string {
  return sentences([
    `${counted(done, 'message')} ${verb}`,
    [
      kept,
      `${counted(kept, 'message')} kept, because they contain the only copy of an update: send them back`,
    ],
  ]);
}

/** A part with a count of 0 is left out. */
function sentences(parts: readonly (string | readonly [count: number, text: string])[]): string {
  return parts
    .flatMap((part) => (typeof part === 'string' ? [part] : part[0] > 0 ? [part[1]] : []))
    .map((text) => `${text}.`)
    .join(' ');
}
