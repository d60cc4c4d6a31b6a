/** Has events sent to endpoints once more: one, an order's, or all that an endpoint did not get since some time. */

import { replay } from '../../relay/delivery/replay.ts';
import { type Endpoint, isAddressedTo, isSubscribedTo } from '../../relay/endpoint/endpoint.ts';
import type { Delivery, DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { EventId, OrderKey } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { FewKeys, wakeDeliveries } from '../deliveries/wake-few.ts';
import { NotFoundError, NotPossibleError } from '../errors.ts';
import { findEventKey } from '../events/event-key.ts';
import { type Run, workThrough } from '../long-run.ts';
import { findOrder } from '../orders/orders.ts';
import { findReceiver, listReceivers, type Receiver, waitUntilHeard } from './receiver.ts';
import { type ReplayRules, type Verdict, verdictOf } from './replay-verdict.ts';

/** What is to be sent, and to whom. */
export type ReplayQuery = ReplayRules &
  (
    | { readonly eventId: string; readonly endpointId?: string | undefined }
    | {
        readonly order: string;
        readonly source?: string | undefined;
        readonly endpointId?: string | undefined;
      }
    | { readonly endpointId: string; readonly since: Date }
  );

export interface ReplayResult {
  /** Deliveries by what was found, and done, about them. In a dry run `owed` are those that would be sent. */
  readonly counts: Readonly<Record<Verdict, number>>;
  /** How many of those that are owed to whom. */
  readonly owedTo: Readonly<Record<string, number>>;
  /** Endpoints that would hear of it, were it not for this; and what those wait for that do. */
  readonly leftOut: readonly string[];
  readonly waits: readonly string[];
  /** Whether they go now; otherwise sweep begins with them within a minute. */
  readonly atOnce: boolean;
  readonly interrupted: boolean;
  /** When an interrupted replay was begun: to go on with it, and not from the start. */
  readonly resume: Date;
}

/** What has been done by the time that a replay fails. */
export class ReplayFailedError extends Error {
  override readonly name = 'ReplayFailedError';
  readonly result: ReplayResult;

  constructor(result: ReplayResult, options: ErrorOptions) {
    super('the replay failed before it was done', options);
    this.result = result;
  }
}

/**
 * Makes deliveries owed again, the oldest event first. They go the way of all others: sweep wakes them little by
 * little, ordering and rate limits hold. To an endpoint with the ordering `latest` only an order's newest event goes.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the endpoint, or every one that hears of it, would get nothing
 * @throws ReplayFailedError
 */
export async function replayEvents(
  connection: Connection,
  query: ReplayQuery,
  run: Run = {},
): Promise<ReplayResult> {
  const resume = query.resume ?? connection.clock.now();
  const events = await eventsOf(connection, query);
  const { receivers, leftOut } = await receiversOf(connection, query, events.source);
  const work = new Replaying(connection, receivers, query, run);
  const resultOf = (parts: { atOnce: boolean; interrupted: boolean }): ReplayResult => ({
    counts: work.counts,
    owedTo: Object.fromEntries(work.owedTo),
    leftOut,
    waits: receivers.flatMap(({ endpoint, waits }) => (work.owedTo.has(endpoint.id) ? (waits ?? []) : [])),
    ...parts,
    resume,
  });
  if (!run.dryRun) await waitUntilHeard(connection, receivers, run);
  try {
    const ended = await work.all(events.batches);
    const atOnce = !run.dryRun && (await wakeDeliveries(connection, work.keys));
    return resultOf({ atOnce, interrupted: !ended });
  } catch (cause) {
    throw new ReplayFailedError(resultOf({ atOnce: false, interrupted: true }), { cause });
  }
}

interface EventsToReplay {
  /** Oldest first. */
  readonly batches: AsyncIterable<readonly EventRecord[]>;
  /** One of them, when all are of one order. */
  readonly source?: EventRecord['source'];
}

/** @throws NotFoundError */
async function eventsOf(connection: Connection, query: ReplayQuery): Promise<EventsToReplay> {
  if ('since' in query) return { batches: connection.eventReader.oldestFirst(query.since) };
  const events =
    'eventId' in query ? [await oneEvent(connection, query.eventId)] : await ofOrder(connection, query);
  const [first] = events;
  return { batches: onceAsync(events), ...(first !== undefined && { source: first.source }) };
}

async function oneEvent(connection: Connection, eventId: string): Promise<EventRecord> {
  const event = await connection.eventLog.event(await findEventKey(connection, eventId));
  if (event === undefined) throw new NotFoundError('event', eventId);
  return event;
}

async function ofOrder(
  connection: Connection,
  { order, source }: { order: string; source?: string | undefined },
): Promise<EventRecord[]> {
  const orderKey = await findOrder(connection, { id: order, source });
  const newestFirst = await Array.fromAsync(connection.eventLog.eventsNewestFirst(orderKey));
  if (newestFirst.length === 0) throw new NotFoundError('order', order, ': its events have expired');
  return newestFirst.toReversed();
}

async function* onceAsync<Value>(value: Value): AsyncGenerator<Value, void, undefined> {
  yield value;
}

/**
 * The endpoint that is named, or all that hear the source.
 *
 * @throws NotFoundError
 * @throws NotPossibleError
 */
async function receiversOf(
  connection: Connection,
  { endpointId }: { readonly endpointId?: string | undefined },
  source: EventRecord['source'] | undefined,
): Promise<{ receivers: Receiver[]; leftOut: string[] }> {
  const hearing = ({ endpoint }: Receiver) => source === undefined || isSubscribedTo(endpoint, source);
  if (endpointId !== undefined) {
    const receiver = await findReceiver(connection, endpointId);
    if (hearing(receiver)) return { receivers: [receiver], leftOut: [] };
    throw new NotPossibleError(
      `the endpoint ${endpointId} does not hear the source ${source}`,
      `\`endpoints show ${endpointId}\` tells which ones it hears.`,
    );
  }
  const { able, unable } = await listReceivers(connection);
  const receivers = able.filter(hearing);
  const leftOut = unable.map(({ message }) => message);
  if (receivers.length > 0) return { receivers, leftOut };
  const why = leftOut.length === 0 ? '' : `: ${leftOut.join('; ')}`;
  throw new NotPossibleError(
    `no endpoint would get it${why}`,
    '`endpoints list` shows those there are; `endpoints enable` and `endpoints add` make it more.',
  );
}

/** A replay at work: it holds no more than a batch of events. */
class Replaying {
  readonly counts: Record<Verdict, number> = {
    owed: 0,
    delivered: 0,
    underWay: 0,
    replayed: 0,
    newer: 0,
    skipped: 0,
    notFannedOut: 0,
    erased: 0,
  };
  readonly owedTo = new Map<string, number>();
  readonly keys = new FewKeys<DeliveryKey>();
  readonly #connection: Connection;
  readonly #receivers: readonly Receiver[];
  readonly #rules: ReplayRules;
  readonly #run: Run;

  constructor(connection: Connection, receivers: readonly Receiver[], rules: ReplayRules, run: Run) {
    this.#connection = connection;
    this.#receivers = receivers;
    this.#rules = rules;
    this.#run = run;
  }

  /** False when the run was ended before the last. */
  async all(batches: AsyncIterable<readonly EventRecord[]>): Promise<boolean> {
    for await (const events of batches) {
      if (!(await this.#batch(events))) return false;
    }
    return true;
  }

  async #batch(events: readonly EventRecord[]): Promise<boolean> {
    const wanted = events.flatMap((event) =>
      this.#receivers
        .filter(({ endpoint }) => isAddressedTo(endpoint, event))
        .map(({ endpoint }) => ({ event, endpoint })),
    );
    const keys = wanted.map(({ event, endpoint }) => keyOf(event, endpoint));
    const found = await this.#connection.eventReader.deliveriesOf(keys);
    const rows = new Map(found.map((row) => [nameOf(row), row]));
    const newest = new NewestEvents(this.#connection);
    return workThrough(wanted, this.#run, async ({ event, endpoint }) => {
      const row = rows.get(nameOf(keyOf(event, endpoint)));
      this.counts[await this.#one(event, endpoint, row, newest)] += 1;
      this.#run.onProgress?.(
        `${this.counts.owed} made owed, up to what came at ${event.receivedAt.toISOString()}`,
      );
    });
  }

  async #one(
    event: EventRecord,
    endpoint: Endpoint,
    row: Delivery | undefined,
    newest: NewestEvents,
  ): Promise<Verdict> {
    const isNewest = async () => !(await newest.isOvertaken(event, endpoint));
    const verdict = await verdictOf(event, endpoint, row, this.#rules, isNewest);
    if (verdict !== 'owed') return verdict;
    if (!this.#run.dryRun) {
      const replayed = await replay(this.#connection, event, endpoint.id);
      if (replayed !== 'owed') return 'underWay';
    }
    this.keys.add(keyOf(event, endpoint));
    this.owedTo.set(endpoint.id, (this.owedTo.get(endpoint.id) ?? 0) + 1);
    return 'owed';
  }
}

function keyOf({ orderKey, eventId }: EventRecord, { id: endpointId }: Endpoint): DeliveryKey {
  return { orderKey, eventId, endpointId };
}

const nameOf = ({ eventId, endpointId }: DeliveryKey) => `${eventId}#${endpointId}`;

/** The newest event of an order that an endpoint gets, looked up once for as long as a batch takes. */
class NewestEvents {
  readonly #connection: Connection;
  readonly #known = new Map<string, Promise<EventId | undefined>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** True when a newer one takes the event's place at an endpoint with the ordering `latest`. */
  async isOvertaken({ orderKey, eventId }: EventRecord, endpoint: Endpoint): Promise<boolean> {
    const name = `${orderKey}#${endpoint.id}`;
    const known = this.#known.get(name) ?? this.#find(orderKey, endpoint);
    this.#known.set(name, known);
    const newest = await known;
    return newest !== undefined && newest > eventId;
  }

  async #find(orderKey: OrderKey, endpoint: Endpoint): Promise<EventId | undefined> {
    for await (const event of this.#connection.eventLog.eventsNewestFirst(orderKey)) {
      const canBeSent = event.fannedOutAt !== undefined && event.forgottenAt === undefined;
      if (canBeSent && isWanted(event, endpoint)) return event.eventId;
    }
    return undefined;
  }
}

/** With a filter, nobody knows that of one which the filter was never asked about. */
function isWanted({ outcomes }: EventRecord, { id, filter }: Endpoint): boolean {
  const state = outcomes?.[id]?.state;
  if (state === 'skipped') return false;
  return filter === undefined || (state !== undefined && state !== 'cancelled');
}
