/** Erases the personal data of an order, and keeps the records of its events and deliveries. */

import { applyChange } from '../../relay/delivery/apply-change.ts';
import { settle } from '../../relay/delivery/settle.ts';
import { answersErased } from '../../relay/delivery/state-machine.ts';
import { attentionOf, type Delivery, isLeased, isSettled } from '../../relay/model/delivery.ts';
import type { OrderKey } from '../../relay/model/ids.ts';
import { type BulkRun, forEachInBatches } from '../bulk-run.ts';
import type { Connection } from '../connection.ts';
import { listDeadLetters } from '../dlq/dead-letters.ts';
import { findOrder, type OrderQuery } from './order-matches.ts';

/** More than a dead-letter queue usually contains. */
const MAX_DEAD_LETTERS_READ = 1_000;

/** The counts of a run; in a dry run, of what it would do. */
export interface ForgetResult {
  readonly orderKey: OrderKey;
  /** Marked as forgotten. */
  readonly events: number;
  /** Events that are not fanned out: fan-out finishes them without sending. */
  readonly notFannedOut: number;
  readonly payloads: number;
  /** Recorded answers of endpoints: an answer can repeat the request. */
  readonly answers: number;
  /** Pending deliveries that were cancelled. */
  readonly cancelled: number;
  /** Deliveries that a function holds a lease on. They stay as they are. */
  readonly inFlight: number;
  /** Ids of messages in the dead-letter queue that contain an event of the order. They stay. */
  readonly deadLetters: readonly string[];
  readonly interrupted: boolean;
}

/**
 * Erases the payloads of an order and the recorded answers of endpoints, and cancels its pending deliveries. Idempotent.
 *
 * @throws NotFoundError
 * @throws AmbiguousOrderError
 */
export async function forgetOrder(
  connection: Connection,
  query: OrderQuery,
  run: BulkRun = {},
): Promise<ForgetResult> {
  const { eventLog, eventEraser, clock } = connection;
  const orderKey = await findOrder(connection, query);
  const events = await Array.fromAsync(eventLog.eventsNewestFirst(orderKey));
  const counts = { cancelled: 0, answers: 0, inFlight: 0 };
  /** In a dry run, nothing is written. */
  const write = <Row>(rows: readonly Row[], work: (row: Row) => Promise<unknown>) =>
    forEachInBatches(run.dryRun ? [] : rows, run, async (row) => void (await work(row)));

  // First, because fan-out otherwise takes the missing payload for an expired one.
  const noted = await write(events, (event) => eventEraser.noteForgotten(event, clock.now()));
  const payloads = await eventEraser.payloadKeys(orderKey);
  const ended =
    noted &&
    (await write(payloads, (key) => eventEraser.erasePayload(key, clock.now()))) &&
    (await forEachInBatches(await eventLog.deliveries(orderKey), run, async (delivery) => {
      const result = await cancel(connection, delivery, run);
      if (result !== 'settled before') counts[result] += 1;
      run.onProgress?.(`${counts.cancelled} cancelled`);
    })) &&
    (await forEachInBatches(await eventLog.deliveries(orderKey), run, async (delivery) => {
      const erased = await eraseAnswers(connection, delivery, run);
      counts.answers += erased;
      run.onProgress?.(`${counts.answers} answers erased`);
    }));
  return {
    orderKey,
    events: events.length,
    notFannedOut: events.filter(({ fannedOutAt }) => fannedOutAt === undefined).length,
    payloads: payloads.length,
    ...counts,
    deadLetters: await deadLettersOf(connection, orderKey),
    interrupted: !ended,
  };
}

/** Without a payload, a retry would have nothing to send. */
async function cancel(
  connection: Connection,
  delivery: Delivery,
  { dryRun = false }: BulkRun,
): Promise<'settled before' | 'cancelled' | 'inFlight'> {
  if (isSettled(delivery)) return 'settled before';
  if (isLeased(delivery, connection.clock.now())) return 'inFlight';
  return dryRun || (await settle(connection, delivery, 'cancelled', 'payload-erased'))
    ? 'cancelled'
    : 'inFlight';
}

/** Returns the number of erased answers. The delivery needs no attention any more: it can never be sent. */
async function eraseAnswers(
  connection: Connection,
  delivery: Delivery,
  { dryRun = false }: BulkRun,
): Promise<number> {
  if (isLeased(delivery, connection.clock.now())) return 0;
  const { owedTo, endpointId } = delivery;
  const answers = delivery.attempts.filter(({ answer }) => answer !== undefined).length;
  const needsAttention = owedTo === attentionOf(endpointId);
  if (dryRun || (answers === 0 && !needsAttention)) return answers;
  return (await applyChange(connection, delivery, answersErased(delivery))) === undefined ? 0 : answers;
}

/** When the table is down, a message carries the whole event, and can end in the dead-letter queue. */
async function deadLettersOf(connection: Connection, orderKey: OrderKey): Promise<string[]> {
  const { messages } = await listDeadLetters(connection, ['events'], MAX_DEAD_LETTERS_READ);
  return messages
    .filter(({ key }) => key?.holdsEvent && key.orderKey === orderKey)
    .map(({ messageId }) => messageId);
}
