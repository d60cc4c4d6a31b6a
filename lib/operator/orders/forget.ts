/** Erases what an order holds of personal data, and keeps the record of what happened to it. */

import { settle } from '../../relay/delivery/settle.ts';
import { answersErased, applyChange } from '../../relay/delivery/state-machine.ts';
import { attentionOf, type Delivery, isLeased, isSettled } from '../../relay/model/delivery.ts';
import type { OrderKey } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { listDeadLetters } from '../dlq/dead-letters.ts';
import { type Run, workThrough } from '../long-run.ts';
import { findOrder, type OrderQuery } from './orders.ts';

/** More than anybody lets pile up. */
const DEAD_LETTERS_LOOKED_AT = 1_000;

/** What was erased and ended, or, in a dry run, would be. */
export interface ForgetResult {
  readonly orderKey: OrderKey;
  /** Each says from now on that it was forgotten. */
  readonly events: number;
  /** Of these, the ones that had not been fanned out: fan-out ends them with nothing sent. */
  readonly notFannedOut: number;
  readonly payloads: number;
  /** What endpoints had answered: it may repeat what they were sent. */
  readonly answers: number;
  /** Deliveries that were pending. */
  readonly cancelled: number;
  /** Deliveries that are being sent at this moment, and stay as they are. */
  readonly underWay: number;
  /** Messages in the dead-letter queue that hold a whole event of the order, and stay there. */
  readonly deadLetters: readonly string[];
  readonly interrupted: boolean;
}

/**
 * Erases the payloads of an order and the answers of endpoints. Events and deliveries stay, without them; what is
 * pending is cancelled, for there is nothing left to send. Doing it twice does no harm.
 *
 * @throws NotFoundError
 * @throws InvalidInputError when several sources have such an order
 */
export async function forgetOrder(
  connection: Connection,
  query: OrderQuery,
  run: Run = {},
): Promise<ForgetResult> {
  const { eventLog, eventEraser, clock } = connection;
  const orderKey = await findOrder(connection, query);
  const events = await Array.fromAsync(eventLog.eventsNewestFirst(orderKey));
  const counts = { cancelled: 0, answers: 0, underWay: 0 };
  /** In a dry run, nothing is written. */
  const write = <Row>(rows: readonly Row[], work: (row: Row) => Promise<unknown>) =>
    workThrough(run.dryRun ? [] : rows, run, async (row) => void (await work(row)));

  // Noted first: fan-out would take an event without a payload for one whose payload has expired.
  const noted = await write(events, (event) => eventEraser.noteForgotten(event, clock.now()));
  const payloads = await eventEraser.payloadKeys(orderKey);
  const ended =
    noted &&
    (await write(payloads, (key) => eventEraser.erasePayload(key, clock.now()))) &&
    (await workThrough(await eventLog.deliveries(orderKey), run, async (delivery) => {
      const result = await end(connection, delivery, run);
      if (result !== 'ended before') counts[result] += 1;
      run.onProgress?.(`${counts.cancelled} cancelled`);
    })) &&
    (await workThrough(await eventLog.deliveries(orderKey), run, async (delivery) => {
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

/** Nothing is retried that has nothing to send. */
async function end(
  connection: Connection,
  delivery: Delivery,
  { dryRun = false }: Run,
): Promise<'ended before' | 'cancelled' | 'underWay'> {
  if (isSettled(delivery)) return 'ended before';
  if (isLeased(delivery, connection.clock.now())) return 'underWay';
  return dryRun || (await settle(connection, delivery, 'cancelled', 'payload-erased'))
    ? 'cancelled'
    : 'underWay';
}

/** How many there were. The row needs no person any more, for nobody could have it sent. */
async function eraseAnswers(
  connection: Connection,
  delivery: Delivery,
  { dryRun = false }: Run,
): Promise<number> {
  if (isLeased(delivery, connection.clock.now())) return 0;
  const { owedTo, endpointId } = delivery;
  const answers = delivery.attempts.filter(({ answer }) => answer !== undefined).length;
  const needsPerson = owedTo === attentionOf(endpointId);
  if (dryRun || (answers === 0 && !needsPerson)) return answers;
  return (await applyChange(connection, delivery, answersErased(delivery))) === undefined ? 0 : answers;
}

/** An event that the table had refused travels whole, and may have ended there. */
async function deadLettersOf(connection: Connection, orderKey: OrderKey): Promise<string[]> {
  const { letters } = await listDeadLetters(connection, ['events'], DEAD_LETTERS_LOOKED_AT);
  return letters
    .filter(({ names }) => names?.holdsEvent && names.orderKey === orderKey)
    .map(({ messageId }) => messageId);
}
