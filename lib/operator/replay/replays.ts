/** Replays events: one event, the events of an order, or the events that an endpoint did not receive since a time. */

import { replay } from '../../relay/delivery/replay.ts';
import { type Endpoint, isAddressedTo, isSubscribedTo } from '../../relay/endpoint/endpoint.ts';
import type { Delivery, DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import { type EndpointId, TESTS } from '../../relay/model/ids.ts';
import { type BulkRun, forEachInBatches } from '../bulk-run.ts';
import type { Connection } from '../connection.ts';
import { enqueueEndpoints } from '../deliveries/enqueue-endpoints.ts';
import { NotFoundError, NotPossibleError } from '../errors.ts';
import { findEventKey } from '../events/event-key.ts';
import { findOrder, type OrderQuery } from '../orders/order-matches.ts';
import { NewestEventCache } from './newest-event-cache.ts';
import { decideReplay, type ReplayDecision, type ReplayRules } from './replay-decision.ts';
import {
  findReplayTarget,
  listReplayTargets,
  type ReplayTarget,
  waitForConfigCache,
} from './replay-target.ts';

/** The events to replay, and the endpoint or endpoints. */
export type ReplayQuery = ReplayRules &
  (
    | {
        readonly eventId: string;
        readonly endpointId?: string | undefined;
        /** Only these, without the ones that cannot be targets. */
        readonly endpointIds?: readonly string[];
      }
    | {
        readonly order: OrderQuery;
        readonly endpointId?: string | undefined;
      }
    | { readonly endpointId: string; readonly since: Date }
  );

export interface ReplayResult {
  /** Deliveries by decision. In a dry run, `replayed` counts those that would be replayed. */
  readonly counts: Readonly<Record<ReplayDecision, number>>;
  /** How many deliveries were replayed to each endpoint. */
  readonly replayedTo: Readonly<Record<string, number>>;
  /** The orders whose events have no payload any more, by their nice id or order id; the first of them when there are many. */
  readonly withoutPayload: readonly string[];
  /** Why other endpoints get no replay. */
  readonly excluded: readonly string[];
  /** Why endpoints receive their replayed deliveries later. */
  readonly waitReasons: readonly string[];
  /** Whether messages were enqueued; otherwise sweep enqueues them within a minute. */
  readonly enqueued: boolean;
  readonly interrupted: boolean;
  /** The start of this replay. `--resume` takes it to continue an interrupted replay. */
  readonly resume: Date;
}

/** Holds the counts up to the failure. */
export class ReplayFailedError extends Error {
  override readonly name = 'ReplayFailedError';
  readonly result: ReplayResult;

  constructor(result: ReplayResult, options: ErrorOptions) {
    super('the replay failed before its end', options);
    this.result = result;
  }
}

/**
 * Makes deliveries pending again, the oldest event first. The endpoint's circuit, rate limit and ordering apply to them.
 * With the ordering `latest`, only the newest event of an order is replayed.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when no endpoint would receive anything
 * @throws ReplayFailedError
 */
export async function replayEvents(
  connection: Connection,
  query: ReplayQuery,
  run: BulkRun = {},
): Promise<ReplayResult> {
  const resume = query.resume ?? connection.clock.now();
  const events = await eventsOf(connection, query);
  const { targets, excluded } = await targetsOf(connection, query, events.source);
  const work = new ReplayRun(connection, targets, query, run);
  const resultOf = (parts: { enqueued: boolean; interrupted: boolean }): ReplayResult => ({
    counts: work.counts,
    replayedTo: Object.fromEntries(work.replayedTo),
    withoutPayload: [...work.withoutPayload],
    excluded,
    waitReasons: targets.flatMap(({ endpoint, waitReason }) =>
      work.replayedTo.has(endpoint.id) ? (waitReason ?? []) : [],
    ),
    ...parts,
    resume,
  });
  if (!run.dryRun) await waitForConfigCache(connection, targets, run);
  try {
    const ended = await work.all(events.batches);
    const enqueued = !run.dryRun && (await enqueueEndpoints(connection, work.firstDue));
    return resultOf({ enqueued, interrupted: !ended });
  } catch (cause) {
    throw new ReplayFailedError(resultOf({ enqueued: false, interrupted: true }), { cause });
  }
}

interface EventsToReplay {
  /** Oldest first. */
  readonly batches: AsyncIterable<readonly EventRecord[]>;
  /** The source, when all events belong to one order. */
  readonly source?: EventRecord['source'];
}

/** @throws NotFoundError */
async function eventsOf(connection: Connection, query: ReplayQuery): Promise<EventsToReplay> {
  if ('since' in query) return { batches: withoutTests(connection.eventReader.oldestFirst(query.since)) };
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
  { order }: { readonly order: OrderQuery },
): Promise<EventRecord[]> {
  const orderKey = await findOrder(connection, order);
  const newestFirst = await Array.fromAsync(connection.eventLog.eventsNewestFirst(orderKey));
  if (newestFirst.length === 0) throw new NotFoundError('order', order.id, ': its events have expired');
  return newestFirst.toReversed();
}

/** A test event was meant for the moment when a person sent it. */
async function* withoutTests(
  batches: AsyncIterable<readonly EventRecord[]>,
): AsyncGenerator<EventRecord[], void, undefined> {
  for await (const events of batches) yield events.filter(({ source }) => source !== TESTS);
}

async function* onceAsync<Value>(value: Value): AsyncGenerator<Value, void, undefined> {
  yield value;
}

/**
 * The named endpoint, or all endpoints that are subscribed to the source.
 *
 * @throws NotFoundError
 * @throws NotPossibleError
 */
async function targetsOf(
  connection: Connection,
  query: ReplayQuery,
  source: EventRecord['source'] | undefined,
): Promise<{ targets: ReplayTarget[]; excluded: string[] }> {
  const { endpointId } = query;
  const chosen = 'endpointIds' in query ? query.endpointIds : undefined;
  const isSubscribed = ({ endpoint }: ReplayTarget) =>
    source === undefined || isSubscribedTo(endpoint, source);
  if (endpointId !== undefined) {
    const target = await findReplayTarget(connection, endpointId);
    if (isSubscribed(target)) return { targets: [target], excluded: [] };
    throw new NotPossibleError(
      `the endpoint ${endpointId} is not subscribed to the source ${source}`,
      `\`endpoints show ${endpointId}\` shows its sources.`,
    );
  }
  const all = await listReplayTargets(connection);
  const targets = all.targets.filter(
    (target) => isSubscribed(target) && (chosen?.includes(target.endpoint.id) ?? true),
  );
  const excluded = all.excluded.map(({ message }) => message);
  if (targets.length > 0) return { targets, excluded };
  const why = excluded.length === 0 ? '' : `: ${excluded.join('; ')}`;
  throw new NotPossibleError(
    `no endpoint would receive the replay${why}`,
    '`endpoints list` shows all endpoints. `endpoints enable` enables one, and `endpoints add` adds one.',
  );
}

/** One run of a replay. It holds one batch of events in memory. */
class ReplayRun {
  readonly counts: Record<ReplayDecision, number> = {
    replayed: 0,
    delivered: 0,
    pending: 0,
    alreadyReplayed: 0,
    superseded: 0,
    skipped: 0,
    notFannedOut: 0,
    erased: 0,
    expired: 0,
  };
  readonly replayedTo = new Map<string, number>();
  readonly withoutPayload = new Set<string>();
  /** The first replayed delivery of each endpoint. */
  readonly firstDue = new Map<EndpointId, DeliveryKey>();
  readonly #connection: Connection;
  readonly #targets: readonly ReplayTarget[];
  readonly #rules: ReplayRules;
  readonly #run: BulkRun;

  constructor(connection: Connection, targets: readonly ReplayTarget[], rules: ReplayRules, run: BulkRun) {
    this.#connection = connection;
    this.#targets = targets;
    this.#rules = rules;
    this.#run = run;
  }

  /** False when the run was interrupted before the last event. */
  async all(batches: AsyncIterable<readonly EventRecord[]>): Promise<boolean> {
    for await (const events of batches) {
      if (!(await this.#batch(events))) return false;
    }
    return true;
  }

  async #batch(events: readonly EventRecord[]): Promise<boolean> {
    const deliveries = events.flatMap((event) =>
      this.#targets
        .filter(({ endpoint }) => isAddressedTo(endpoint, event))
        .map(({ endpoint }) => ({ event, endpoint })),
    );
    const keys = deliveries.map(({ event, endpoint }) => keyOf(event, endpoint));
    const found = await this.#connection.eventReader.deliveriesOf(keys);
    const rows = new Map(found.map((row) => [nameOf(row), row]));
    const newest = new NewestEventCache(this.#connection);
    return forEachInBatches(deliveries, this.#run, async ({ event, endpoint }) => {
      const row = rows.get(nameOf(keyOf(event, endpoint)));
      this.counts[await this.#one(event, endpoint, row, newest)] += 1;
      this.#run.onProgress?.(
        `${this.counts.replayed} replayed, up to the event of ${event.receivedAt.toISOString()}`,
      );
    });
  }

  #noteOrder({ niceId, orderId, eventId }: EventRecord): void {
    if (this.withoutPayload.size < MOST_ORDERS_NAMED) this.withoutPayload.add(niceId ?? orderId ?? eventId);
  }

  async #one(
    event: EventRecord,
    endpoint: Endpoint,
    row: Delivery | undefined,
    newest: NewestEventCache,
  ): Promise<ReplayDecision> {
    const isNewest = async () => !(await newest.isSuperseded(event, endpoint));
    const hasPayload = async () => (await this.#connection.eventLog.payload(event)) !== undefined;
    const decision = await decideReplay(event, endpoint, row, this.#rules, isNewest, hasPayload);
    if (decision === 'erased' || decision === 'expired') this.#noteOrder(event);
    if (decision !== 'replayed') return decision;
    if (!this.#run.dryRun) {
      const result = await replay(this.#connection, event, endpoint.id);
      if (result !== 'owed') return 'pending';
    }
    if (!this.firstDue.has(endpoint.id)) this.firstDue.set(endpoint.id, keyOf(event, endpoint));
    this.replayedTo.set(endpoint.id, (this.replayedTo.get(endpoint.id) ?? 0) + 1);
    return 'replayed';
  }
}

const MOST_ORDERS_NAMED = 100;

function keyOf({ orderKey, eventId }: EventRecord, { id: endpointId }: Endpoint): DeliveryKey {
  return { orderKey, eventId, endpointId };
}

const nameOf = ({ eventId, endpointId }: DeliveryKey) => `${eventId}#${endpointId}`;
