/** Selects deliveries: one, or all of an endpoint in given states. */

import type { Delivery } from '../../relay/model/delivery.ts';
import { shownState } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import { type BulkRun, forEachInBatches } from '../bulk-run.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError, NotPossibleError } from '../errors.ts';
import { findEventKey } from '../events/event-key.ts';
import { cancelledDeliveriesOf } from './cancelled-in-fan-out.ts';
import { causeOf } from './delivery-cause.ts';
import { findEndpointId } from './known-endpoints.ts';
import { OWED_STATES, type OwedState, owedWork } from './owed-work.ts';

export interface DeliverySelection {
  readonly endpointId: string;
  readonly eventId?: string | undefined;
  readonly state?: Exclude<OwedState, 'abandoned'> | undefined;
  readonly since?: Date | undefined;
  /** Only deliveries with this cause: see {@link causeOf}. Not together with `eventId`. */
  readonly cause?: string | undefined;
}

type Visit = (delivery: Delivery, event: EventRecord | undefined) => Promise<void>;

/**
 * Visits the selected deliveries in batches, oldest first.
 *
 * @param defaultStates the states to select when the selection names none
 * @returns false when the run was interrupted before the last delivery
 * @throws NotFoundError
 * @throws NotPossibleError when the named delivery is in another state
 */
export async function forEachSelected(
  connection: Connection,
  { endpointId, eventId, state, since, cause }: DeliverySelection,
  defaultStates: readonly OwedState[],
  run: BulkRun,
  visit: Visit,
): Promise<boolean> {
  const id = await findEndpointId(connection, endpointId);
  if (eventId !== undefined) {
    await visitOne(connection, { eventId, endpointId: id, state }, visit);
    return true;
  }
  const query = {
    endpointId: id,
    states: state === undefined ? defaultStates : [state],
    since,
    withCancelledInFanOut: true,
  };
  for await (const batch of owedWork(connection, query)) {
    const work = batch
      .flatMap((one) => (one.kind === 'delivery' ? [one] : []))
      .filter(({ delivery }) => cause === undefined || causeOf(delivery) === cause);
    if (!(await forEachInBatches(work, run, ({ delivery, event }) => visit(delivery, event)))) return false;
  }
  return true;
}

async function visitOne(
  connection: Connection,
  wanted: { eventId: string; endpointId: EndpointId; state: OwedState | undefined },
  visit: Visit,
): Promise<void> {
  const { endpointId, state } = wanted;
  const key = await findEventKey(connection, wanted.eventId);
  const [event, rows] = await Promise.all([
    connection.eventLog.event(key),
    connection.eventLog.deliveries(key.orderKey),
  ]);
  const delivery =
    rows.find((row) => row.eventId === key.eventId && row.endpointId === endpointId) ??
    (event && cancelledDeliveriesOf(event, new Set([endpointId]))[0]);
  const name = `${key.eventId} to ${endpointId}`;
  if (delivery === undefined) {
    throw new NotFoundError('delivery', name, ': either its first attempt ended it, or it never existed');
  }
  const current = shownState(delivery.state);
  const isWanted = state === undefined ? isOwedState(current) : current === state;
  if (!isWanted) {
    throw new NotPossibleError(
      `the delivery ${name} is ${current}`,
      current === 'pending'
        ? '--state pending makes it due at once.'
        : `\`replay --event ${key.eventId} --endpoint ${endpointId} --include-delivered\` replays it.`,
    );
  }
  await visit(delivery, event);
}

function isOwedState(state: string): boolean {
  return OWED_STATES.some((one) => one === state);
}
