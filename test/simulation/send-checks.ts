/** The checks that run at each request. */
import { isSettled } from '../../lib/relay/model/delivery.ts';
import { lacksSnapshot } from '../../lib/relay/model/event.ts';
import type { EndpointId } from '../../lib/relay/model/ids.ts';
import { checkProbe, checkRamp } from './health-checks.ts';
import { orderingOf } from './in-force.ts';
import { isAccepted, isOlder, mayIdsContradict } from './real-order.ts';
import type { Sent } from './receivers.ts';
import { orderKey, type RunWorld } from './run-world.ts';
import { checkWait } from './wait-checks.ts';

export async function checkSend(sent: Sent, world: RunWorld): Promise<void> {
  if (world.areClocksFarApart) return;
  checkNotBeside(sent, world);
  checkRamp(sent, world);
  checkProbe(sent, world);
  checkWait(sent, world);
  checkNotStaleInRealTime(sent, world);
  await Promise.all([checkNotStale(sent, world), checkNotSettled(sent, world), checkIsSnapshot(sent, world)]);
}

/** One delivery is never in flight twice; nor are two snapshots of an order to `latest`: the older might arrive last. */
function checkNotBeside(sent: Sent, world: RunWorld): void {
  for (const other of sameOrder(sent, world)) {
    if (other.inFlightUntilMs <= sent.startedAtMs) continue;
    if (other.eventId === sent.eventId)
      world.fail(`${sent.eventId} is sent to ${sent.endpointId} twice at once`);
    else if (isLatest(sent, world) && isLatest(other, world))
      world.fail(`${sent.endpointId} was sent ${sent.eventId} while ${other.eventId} was in flight`);
  }
}

/** A settled delivery is not sent again, unless a person replays it, and then it is settled no more. */
async function checkNotSettled(sent: Sent, { eventLog, fail }: RunWorld): Promise<void> {
  const rows = await eventLog.deliveries(orderKey(sent.orderId));
  const row = rows.find(
    ({ eventId, endpointId }) => eventId === sent.eventId && endpointId === sent.endpointId,
  );
  if (row && isSettled(row)) fail(`${sent.eventId} was sent to ${sent.endpointId}, though ${row.state}`);
}

/** `latest` gets snapshots alone. */
async function checkIsSnapshot(sent: Sent, world: RunWorld): Promise<void> {
  if (!isLatest(sent, world)) return;
  const event = await world.eventLog.event({ orderKey: orderKey(sent.orderId), eventId: sent.eventId });
  if (event !== undefined && lacksSnapshot(event))
    world.fail(`${sent.endpointId} was sent ${sent.eventId}, which contains no snapshot`);
}

/** `latest` never starts an older snapshot after a newer one was acknowledged. */
async function checkNotStale(sent: Sent, world: RunWorld): Promise<void> {
  if (!isLatest(sent, world)) return;
  for (const { eventId } of acknowledged(sent, world)) {
    if (eventId <= sent.eventId || (await isForgotten(sent, eventId, world))) continue;
    world.fail(`${sent.endpointId} was sent ${sent.eventId} after it had acknowledged ${eventId}`);
  }
}

/** The same by real time, whatever the ids say. */
function checkNotStaleInRealTime(sent: Sent, world: RunWorld): void {
  if (!isLatest(sent, world)) return;
  const webhooks = world.hub.webhooks.filter(isAccepted);
  const webhook = webhooks.find(({ accepted }) => accepted.eventId === sent.eventId);
  if (webhook === undefined) return;
  for (const { eventId } of acknowledged(sent, world)) {
    const newer = webhooks.find(({ accepted }) => accepted.eventId === eventId);
    // Where the ids agree, the check by ids has found it.
    if (newer === undefined || eventId >= sent.eventId || !isOlder(webhook, newer)) continue;
    if (!mayIdsContradict(webhook, newer))
      world.fail(`${sent.endpointId} was sent ${sent.eventId}, which is older in real time than ${eventId}`);
  }
}

/** Fan-out died before it could record that the endpoint had it, and found the endpoint gone when it went on. */
async function isForgotten(sent: Sent, eventId: Sent['eventId'], { eventLog }: RunWorld): Promise<boolean> {
  const event = await eventLog.event({ orderKey: orderKey(sent.orderId), eventId });
  return event?.fannedOutAt !== undefined && event.outcomes?.[sent.endpointId as EndpointId] === undefined;
}

function isLatest({ endpointId, eventId }: Sent, world: RunWorld): boolean {
  return orderingOf(world, endpointId, eventId) === 'latest';
}

function sameOrder(sent: Sent, { receivers }: RunWorld): Sent[] {
  return receivers.sent.filter(
    ({ endpointId, orderId }) => endpointId === sent.endpointId && orderId === sent.orderId,
  );
}

function acknowledged(sent: Sent, world: RunWorld): Sent[] {
  return sameOrder(sent, world).filter(({ acknowledgedAtMs }) => acknowledgedAtMs !== undefined);
}
