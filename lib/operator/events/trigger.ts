/** Walks a sample order up to a status, through the real webhook address. */
import { randomUUID } from 'node:crypto';
import type { EventRecord } from '../../relay/model/event.ts';
import { isEventId } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { InvalidInputError } from '../errors.ts';
import { editDistance } from './edit-distance.ts';
import { sampleOrder } from './sample-order.ts';
import { SendError, sendWebhook } from './send.ts';

/** The statuses of an order without trouble, as the Hub is known to send them. */
const USUAL_STATUSES = ['New', 'ReadyForImageDl', 'Pending', 'InProduction', 'Shipped', 'Delivered'] as const;

export interface Trigger {
  /** Ends in `?orderid=`. */
  readonly address: string;
  /** One of the Hub's statuses, in any case; others are sent as they are, after `New`. */
  readonly status: string;
  readonly signal?: AbortSignal | undefined;
}

export interface TriggeredEvent {
  readonly orderId: string;
  readonly niceId: string;
  /** Of all items. */
  readonly status: string;
  readonly eventId: string;
  /** With the outcomes so far. Absent when the event is not listed in time. */
  readonly event?: EventRecord;
}

const FAN_OUT_LIMIT_MS = 30_000;
/** Deliveries that wait longer than this after fan-out are shown as pending. */
const DELIVERY_LIMIT_MS = 5_000;
const POLL_INTERVAL_MS = 500;

/**
 * Sends one webhook for each status, and yields it after fan-out. Every subscribed endpoint receives the order. Its ids
 * begin with `sample-`.
 *
 * @throws InvalidInputError
 * @throws SendError when the relay does not accept a webhook
 */
export async function* trigger(
  connection: Pick<Connection, 'clock' | 'eventLog' | 'eventReader'>,
  { address, status, signal }: Trigger,
): AsyncGenerator<TriggeredEvent, void, undefined> {
  const uuid = randomUUID();
  const ids = { orderId: `sample-${uuid}`, niceId: `Sample-${uuid.slice(0, 4)}` };
  for (const step of statusesUntil(status)) {
    if (signal?.aborted) return;
    const body = Buffer.from(JSON.stringify(sampleOrder({ ...ids, status: step })));
    const answer = await sendWebhook({ address, body, contentType: 'application/json' });
    const { eventId, message } = answer;
    if (eventId === undefined || answer.status < 200 || answer.status > 299)
      throw new SendError(
        `the relay answered ${answer.status}${message === undefined ? '' : `: ${message}`}`,
      );
    const event = await awaitOutcomes(connection, eventId, signal);
    yield { ...ids, status: step, eventId, ...(event !== undefined && { event }) };
  }
}

/** @throws InvalidInputError */
export function statusesUntil(given: string): readonly string[] {
  const status = given.trim();
  if (!/^\w{1,64}$/.test(status))
    throw new InvalidInputError([{ attribute: 'status', problem: 'must be one word, such as Shipped' }]);
  const index = USUAL_STATUSES.findIndex((one) => one.toLowerCase() === status.toLowerCase());
  if (index !== -1) return USUAL_STATUSES.slice(0, index + 1);
  const meant = USUAL_STATUSES.find((one) => isTypo(status, one));
  if (meant !== undefined)
    throw new InvalidInputError([
      { attribute: 'status', problem: `${status} is not known: did you mean ${meant}?` },
    ]);
  return ['New', status];
}

/** Short words differ in a letter or two without being the same word: `New`, `Neo`. */
function isTypo(given: string, status: string): boolean {
  return status.length > 4 && editDistance(given.toLowerCase(), status.toLowerCase()) <= 2;
}

async function awaitOutcomes(
  { clock, eventLog, eventReader }: Pick<Connection, 'clock' | 'eventLog' | 'eventReader'>,
  eventId: string,
  signal: AbortSignal | undefined,
): Promise<EventRecord | undefined> {
  if (!isEventId(eventId)) return undefined;
  let untilMs = clock.monotonicMs() + FAN_OUT_LIMIT_MS;
  let isFannedOut = false;
  let event: EventRecord | undefined;
  while (clock.monotonicMs() < untilMs && !signal?.aborted) {
    const orderKey = await eventReader.orderOfEvent(eventId);
    event = orderKey && (await eventLog.event({ orderKey, eventId }));
    if (event?.fannedOutAt !== undefined) {
      if (Object.values(event.outcomes ?? {}).every(({ state }) => state !== 'pending')) return event;
      if (!isFannedOut) untilMs = clock.monotonicMs() + DELIVERY_LIMIT_MS;
      isFannedOut = true;
    }
    await clock.sleep(POLL_INTERVAL_MS);
  }
  return event;
}
