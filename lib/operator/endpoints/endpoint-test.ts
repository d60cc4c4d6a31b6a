/** Sends a test event to one endpoint through the relay, and waits for the outcome. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { type Block, blockOf } from '../../relay/health/admission.ts';
import type { Delivery } from '../../relay/model/delivery.ts';
import { isLeased, isSettled, isUnfinished, outcomeOf } from '../../relay/model/delivery.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import type { Outcome } from '../../relay/model/outcome.ts';
import { applyTransform } from '../../relay/sending/transform.ts';
import { sendTestEvent } from '../../relay/test-event.ts';
import type { BulkRun } from '../bulk-run.ts';
import type { Connection } from '../connection.ts';
import { NotPossibleError } from '../errors.ts';
import { findReplayTarget } from '../replay/replay-target.ts';
import { readHealth } from './endpoint-health.ts';
import { type MaskedEndpoint, maskEndpoint } from './masked-endpoint.ts';
import { maskedRequest } from './masked-request.ts';

const POLL_INTERVAL_MS = 250;
/** A test that waits is named to deliver again after this time: another message may hold the endpoint’s lock. */
const NAME_AGAIN_MS = 2_000;
/** Deliver writes the health after the outcome. */
const HEALTH_WRITE_MS = 3_000;
const CONFIG_REREAD_MS = 1_500;
/** The time of fan-out and deliver beside the attempt, with a cold start of each. */
const RELAY_TIME_MS = 20_000;

export interface EndpointTest extends EventKey {
  readonly endpoint: MaskedEndpoint;
  /** Absent when there was none in time. */
  readonly outcome?: Outcome;
  /** Contains the endpoint's answer. Absent when the event was not attempted. */
  readonly delivery?: Delivery;
  /** The request with its secrets masked; absent when no request was sent. */
  readonly request?: ReturnType<typeof maskedRequest>;
  /** The state that stops normal sending, before the test. */
  readonly blockBefore?: Block;
  /** The same after the test. A success ends `failing`. */
  readonly blockAfter?: Block;
}

/**
 * Sends a test event and waits until it is settled. The endpoint gets it also while it is paused or failing, and whatever
 * its rate limit. A success closes the circuit, as that of a probe does.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the endpoint is disabled or its row is invalid
 */
export async function testEndpoint(
  connection: Connection,
  id: string,
  run: BulkRun = {},
): Promise<EndpointTest> {
  const target = await findTestTarget(connection, id);
  const endpoint = maskEndpoint(target);
  const blockBefore = await currentBlock(connection, endpoint);
  await waitForConfigReread(connection, endpoint);
  const { clock, eventLog } = connection;
  const { eventQueue } = await connection.queues();
  const key = await sendTestEvent({ clock, eventLog, eventQueue, random: Math.random }, endpoint.id);
  run.onProgress?.('sent; waiting for the outcome');
  const result = { ...key, endpoint, ...(blockBefore !== undefined && { blockBefore }) };
  const settled = await awaitOutcome(connection, key, endpoint, run);
  if (settled === undefined) return result;
  const { event, delivery, outcome } = settled;
  const request = delivery && (await requestOf(connection, endpoint, event, delivery));
  const blockAfter = await blockAfterTest(connection, endpoint, blockBefore, delivery);
  return {
    ...result,
    outcome,
    ...(delivery && { delivery }),
    ...(request && { request }),
    ...(blockAfter !== undefined && { blockAfter }),
  };
}

/**
 * @throws NotFoundError
 * @throws NotPossibleError
 */
async function findTestTarget(connection: Connection, id: string): Promise<Endpoint> {
  try {
    return (await findReplayTarget(connection, id)).endpoint;
  } catch (error) {
    if (!(error instanceof NotPossibleError)) throw error;
    throw new NotPossibleError(`${error.message}; no test event was sent`, error.hint);
  }
}

interface TestOutcome {
  readonly event: EventRecord;
  readonly outcome: Outcome;
  /** Absent when the event ended without a row. */
  readonly delivery?: Delivery;
}

/** Undefined when there is no outcome in time. */
async function awaitOutcome(
  connection: Connection,
  key: EventKey,
  endpoint: Endpoint,
  run: BulkRun,
): Promise<TestOutcome | undefined> {
  const { clock, eventLog } = connection;
  const { deliveryQueue } = await connection.queues();
  const untilMs = clock.monotonicMs() + endpoint.timeoutSeconds * 1000 + RELAY_TIME_MS;
  let namedAtMs = clock.monotonicMs();
  let isNamed = false;
  let last: TestOutcome | undefined;
  while (clock.monotonicMs() < untilMs && !run.signal?.aborted) {
    const [event, rows] = await Promise.all([eventLog.event(key), eventLog.deliveries(key.orderKey)]);
    const delivery = rows.find(({ endpointId }) => endpointId === endpoint.id);
    const outcome = delivery === undefined ? event?.outcomes?.[endpoint.id] : outcomeOf(delivery);
    if (event !== undefined && outcome !== undefined)
      last = { event, outcome, ...(delivery && { delivery }) };
    if (last !== undefined && (delivery === undefined || isSettled(delivery))) return last;
    const waits = delivery !== undefined && isUnfinished(delivery) && !isLeased(delivery, clock.now());
    // Fan-out sends no message for an endpoint that is paused or failing.
    const isParked = waits && delivery.nextAttemptAt === undefined;
    if ((isParked && !isNamed) || (waits && clock.monotonicMs() - namedAtMs >= NAME_AGAIN_MS)) {
      await deliveryQueue.send([{ ...key, endpointId: endpoint.id, delaySeconds: 0 }]);
      isNamed = true;
      namedAtMs = clock.monotonicMs();
    }
    await clock.sleep(POLL_INTERVAL_MS);
  }
  return last;
}

async function currentBlock(connection: Connection, endpoint: Endpoint): Promise<Block | undefined> {
  return blockOf(endpoint, (await readHealth(connection)).get(endpoint.id));
}

/** Waits for the health that the test changes. */
async function blockAfterTest(
  connection: Connection,
  endpoint: Endpoint,
  before: Block | undefined,
  delivery: Delivery | undefined,
): Promise<Block | undefined> {
  const { clock } = connection;
  const untilMs = clock.monotonicMs() + HEALTH_WRITE_MS;
  for (;;) {
    const now = await currentBlock(connection, endpoint);
    const isExpected = before !== 'failing' || delivery?.state !== 'delivered' || now !== 'failing';
    if (isExpected || clock.monotonicMs() >= untilMs) return now;
    await clock.sleep(POLL_INTERVAL_MS);
  }
}

async function requestOf(
  { eventLog, openExpressions, telemetry }: Connection,
  endpoint: MaskedEndpoint,
  event: EventRecord,
  { attempts }: Delivery,
): Promise<EndpointTest['request']> {
  const made = attempts.at(-1);
  const payload = await eventLog.payload(event);
  if (made === undefined || made.unsent || payload === undefined) return undefined;
  const expressions = openExpressions();
  try {
    const content = await applyTransform({ expressions, telemetry }, endpoint, event, payload);
    return 'unsent' in content ? undefined : maskedRequest(endpoint, event, content, made.at);
  } finally {
    expressions.close();
  }
}

/** For a test event the functions reread the rows, at most once a second. */
async function waitForConfigReread({ clock }: Connection, { createdAt, updatedAt }: Endpoint): Promise<void> {
  const ageMs = clock.now().getTime() - Date.parse(updatedAt ?? createdAt ?? '');
  if (ageMs >= 0 && ageMs < CONFIG_REREAD_MS) await clock.sleep(CONFIG_REREAD_MS - ageMs);
}
