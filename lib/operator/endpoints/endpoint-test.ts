/** Sends a test event to one endpoint through the relay, and waits for the outcome. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import type { Delivery } from '../../relay/model/delivery.ts';
import { isSettled, outcomeOf } from '../../relay/model/delivery.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import type { Outcome } from '../../relay/model/outcome.ts';
import { applyTransform } from '../../relay/sending/transform.ts';
import { sendTestEvent } from '../../relay/test-event.ts';
import type { BulkRun } from '../bulk-run.ts';
import type { Connection } from '../connection.ts';
import { findReplayTarget } from '../replay/replay-target.ts';
import { type MaskedEndpoint, maskEndpoint } from './masked-endpoint.ts';
import { maskedRequest } from './masked-request.ts';

const POLL_INTERVAL_MS = 250;
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
}

/**
 * Sends a test event and waits until it is settled, or until it waits for more than an earlier delivery.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the endpoint is disabled or its row is invalid
 */
export async function testEndpoint(
  connection: Connection,
  id: string,
  run: BulkRun = {},
): Promise<EndpointTest> {
  const target = await findReplayTarget(connection, id);
  const endpoint = maskEndpoint(target.endpoint);
  await waitForConfigReread(connection, endpoint);
  const { clock, eventLog } = connection;
  const { eventQueue } = await connection.queues();
  const key = await sendTestEvent({ clock, eventLog, eventQueue, random: Math.random }, endpoint.id);
  run.onProgress?.('sent; waiting for the outcome');
  const untilMs = clock.monotonicMs() + endpoint.timeoutSeconds * 1000 + RELAY_TIME_MS;
  while (clock.monotonicMs() < untilMs && !run.signal?.aborted) {
    const [event, rows] = await Promise.all([eventLog.event(key), eventLog.deliveries(key.orderKey)]);
    const delivery = rows.find(({ endpointId }) => endpointId === endpoint.id);
    if (event !== undefined && delivery !== undefined && hasResult(delivery)) {
      const request = await requestOf(connection, endpoint, event, delivery);
      return { ...key, endpoint, delivery, outcome: outcomeOf(delivery), ...(request && { request }) };
    }
    const outcome = event?.outcomes?.[endpoint.id];
    if (delivery === undefined && outcome !== undefined) return { ...key, endpoint, outcome };
    await clock.sleep(POLL_INTERVAL_MS);
  }
  return { ...key, endpoint };
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

/** It is settled, or it is parked with a reason. */
function hasResult(delivery: Delivery): boolean {
  if (isSettled(delivery)) return true;
  const { state, reason, nextAttemptAt } = delivery;
  return state === 'pending' && reason !== undefined && nextAttemptAt === undefined;
}
