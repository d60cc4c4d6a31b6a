/**
 * Wakes the running relay from another process, such as the CLI. The other process writes rows into the table `message`;
 * the relay takes them. As in any queue, a message contains keys, and a lost one only delays work.
 */
import { endpointIdSchema } from '../relay/endpoint/endpoint-id.ts';
import type { Clock } from '../relay/model/clock.ts';
import type { EventKey } from '../relay/model/event.ts';
import { type EventId, isEventId, type OrderKey } from '../relay/model/ids.ts';
import * as z from '../relay/model/zod.ts';
import { StoreError } from '../relay/ports/event-log.ts';
import type { DeliveryMessage, DeliveryQueue, EventMessage, EventQueue } from '../relay/ports/queues.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';
import type { Connection } from './connection.ts';
import type { StoreParts } from './event-log.ts';
import { orStoreFailure } from './failures.ts';
import type { GroupCommit } from './group-commit.ts';

export type TakenMessage =
  | ({ readonly queue: 'event' } & EventKey)
  | ({ readonly queue: 'delivery' } & DeliveryMessage);

const eventKey = {
  orderKey: z.custom<OrderKey>((value) => typeof value === 'string' && value.includes('/')),
  eventId: z.pipe(
    z.string().check(z.refine(isEventId)),
    z.transform((text) => text as EventId),
  ),
};
const messageSchema = z.discriminatedUnion('queue', [
  z.object({ queue: z.literal('event'), ...eventKey }),
  z.object({
    queue: z.literal('delivery'),
    ...eventKey,
    endpointId: endpointIdSchema,
    delaySeconds: z.number().check(z.minimum(0)),
  }),
]);

export class Messages {
  readonly #commits: GroupCommit;
  readonly #reader: Connection;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  #seenVersion: number | undefined;
  #mayBeLeft = false;

  constructor({ commits, reader, clock, telemetry }: StoreParts) {
    this.#commits = commits;
    this.#reader = reader;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** For an operator: rejects or returns messages that could not be written. */
  readonly eventQueue: EventQueue = {
    send: (message) => this.#sendEvent(message),
    enqueueAgain: (messages) =>
      this.#sendAll(messages, ({ orderKey, eventId }) => ({ queue: 'event', orderKey, eventId })),
  };

  /** For an operator. The relay counts the delay from when it takes the message. */
  readonly deliveryQueue: DeliveryQueue = {
    send: (messages) =>
      this.#sendAll(messages, ({ orderKey, eventId, endpointId, delaySeconds }) => ({
        queue: 'delivery',
        ...{ orderKey, eventId, endpointId, delaySeconds },
      })),
  };

  /**
   * For the relay: true when messages wait. Costs some microseconds while no other process writes to the file, so a
   * relay may ask several times a second.
   */
  haveArrived(): boolean {
    return orStoreFailure('looking for messages', () => {
      // Changes only when another connection commits.
      const version = Number(this.#reader.first('PRAGMA data_version')?.data_version);
      if (version !== this.#seenVersion) this.#mayBeLeft = true;
      this.#seenVersion = version;
      if (!this.#mayBeLeft) return false;
      this.#mayBeLeft = this.#reader.first('SELECT id FROM message LIMIT 1') !== undefined;
      return this.#mayBeLeft;
    });
  }

  /** For the relay: deletes up to `limit` messages and returns them, oldest first. */
  async take(limit: number): Promise<TakenMessage[]> {
    const rows = await this.#commits.write('taking messages', (connection) =>
      connection.all(
        `DELETE FROM message WHERE id IN (SELECT id FROM message ORDER BY id LIMIT ?)
         RETURNING id, queue, body`,
        limit,
      ),
    );
    // RETURNING promises no order.
    const oldestFirst = rows.toSorted((one, other) => Number(one.id) - Number(other.id));
    return oldestFirst.flatMap(({ queue, body }) => this.#parse(queue, body));
  }

  #parse(queue: unknown, body: unknown): TakenMessage[] {
    const parsed = messageSchema.safeParse({ ...parseJson(body), queue });
    if (parsed.success) return [parsed.data];
    this.#telemetry.warn('message passed over: it is none of ours', { queue: String(queue) });
    return [];
  }

  async #sendEvent({ orderKey, eventId, fullEvent }: EventMessage): Promise<void> {
    if (fullEvent !== undefined) throw new StoreError('sending a message failed: it may contain keys only');
    await this.#send([{ queue: 'event', orderKey, eventId }]);
  }

  /** Returns all messages when they could not be written. */
  async #sendAll<Message>(
    messages: readonly Message[],
    toTaken: (message: Message) => TakenMessage,
  ): Promise<Message[]> {
    try {
      await this.#send(messages.map(toTaken));
      return [];
    } catch (error) {
      this.#telemetry.error('messages could not be written', error);
      return [...messages];
    }
  }

  async #send(messages: readonly TakenMessage[]): Promise<void> {
    const sentAt = this.#clock.now().toISOString();
    const sql = 'INSERT INTO message (queue, body, sentAt) VALUES (?, ?, ?)';
    const sent = messages.map(({ queue, ...body }) =>
      this.#commits.write('sending a message', (connection) =>
        connection.run(sql, queue, JSON.stringify(body), sentAt),
      ),
    );
    await Promise.allSettled(sent);
    await Promise.all(sent);
  }
}

function parseJson(text: unknown): object {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
