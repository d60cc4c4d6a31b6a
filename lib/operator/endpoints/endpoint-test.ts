/** Tries an endpoint out: one example, sent the way of every webhook, and what the endpoint says to it. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import type { Delivery } from '../../relay/model/delivery.ts';
import { isSettled, outcomeOf } from '../../relay/model/delivery.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import type { Outcome } from '../../relay/model/outcome.ts';
import { applyTransform } from '../../relay/sending/transform.ts';
import { sendTestEvent } from '../../relay/test-event.ts';
import type { Connection } from '../connection.ts';
import type { Run } from '../long-run.ts';
import { findReceiver } from '../replay/receiver.ts';
import { type MaskedEndpoint, maskEndpoint } from './masked-endpoint.ts';
import { shownRequest } from './shown-request.ts';

const LOOK_EVERY_MS = 250;
const READ_AGAIN_MS = 1_500;
/** Beside the attempt itself: fan-out, deliver, and a start of each. */
const ON_THE_WAY_MS = 20_000;

export interface EndpointTest extends EventKey {
  readonly endpoint: MaskedEndpoint;
  /** What became of it, as the event says. Absent when nothing was heard of it in time. */
  readonly outcome?: Outcome;
  /** With what the endpoint answered; absent when it got nothing. */
  readonly delivery?: Delivery;
  /** The request without its secrets; absent when nothing was sent. */
  readonly request?: ReturnType<typeof shownRequest>;
}

/**
 * Sends an example to one endpoint and waits until it has been attempted, or is seen to wait for something.
 *
 * @throws NotFoundError
 * @throws NotPossibleError when the endpoint would get nothing
 */
export async function testEndpoint(connection: Connection, id: string, run: Run = {}): Promise<EndpointTest> {
  const receiver = await findReceiver(connection, id);
  const endpoint = maskEndpoint(receiver.endpoint);
  await waitUntilFresh(connection, endpoint);
  const { clock, eventLog } = connection;
  const { eventQueue } = await connection.queues();
  const key = await sendTestEvent({ clock, eventLog, eventQueue, random: Math.random }, endpoint.id);
  run.onProgress?.('sent; waiting for the answer');
  const untilMs = clock.monotonicMs() + endpoint.timeoutSeconds * 1000 + ON_THE_WAY_MS;
  while (clock.monotonicMs() < untilMs && !run.signal?.aborted) {
    const [event, rows] = await Promise.all([eventLog.event(key), eventLog.deliveries(key.orderKey)]);
    const delivery = rows.find(({ endpointId }) => endpointId === endpoint.id);
    if (event !== undefined && delivery !== undefined && isDecided(delivery)) {
      const request = await requestOf(connection, endpoint, event, delivery);
      return { ...key, endpoint, delivery, outcome: outcomeOf(delivery), ...(request && { request }) };
    }
    const outcome = event?.outcomes?.[endpoint.id];
    if (delivery === undefined && outcome !== undefined) return { ...key, endpoint, outcome };
    await clock.sleep(LOOK_EVERY_MS);
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
    return 'unsent' in content ? undefined : shownRequest(endpoint, event, content, made.at);
  } finally {
    expressions.close();
  }
}

/** For a test the functions read the rows again, but no more often than once a second. */
async function waitUntilFresh({ clock }: Connection, { createdAt, updatedAt }: Endpoint): Promise<void> {
  const ageMs = clock.now().getTime() - Date.parse(updatedAt ?? createdAt ?? '');
  if (ageMs >= 0 && ageMs < READ_AGAIN_MS) await clock.sleep(READ_AGAIN_MS - ageMs);
}

/** It has ended, or waits for something that a person has to know of, and not only for its turn. */
function isDecided(delivery: Delivery): boolean {
  if (isSettled(delivery)) return true;
  const { state, reason, nextAttemptAt } = delivery;
  return state === 'pending' && reason !== undefined && nextAttemptAt === undefined;
}
