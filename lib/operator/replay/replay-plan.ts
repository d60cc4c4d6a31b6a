/** Plans to replay one event: the decision for each endpoint. Writes nothing. */
import { isAddressedTo } from '../../relay/endpoint/endpoint.ts';
import { type ShownState, shownState } from '../../relay/model/delivery-state.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError } from '../errors.ts';
import { NewestEventCache } from './newest-event-cache.ts';
import { decideReplay, type ReplayDecision } from './replay-decision.ts';
import { listReplayTargets } from './replay-target.ts';

export interface PlannedReplay {
  readonly endpointId: EndpointId;
  /** With events included that the endpoint received, or that its filter refused. */
  readonly decision: ReplayDecision;
  /** The state of its delivery now; absent when there is none. */
  readonly state?: ShownState;
  /** Why the endpoint receives it later. */
  readonly waitReason?: string;
}

export interface ReplayPlan {
  readonly event: EventRecord;
  readonly replays: readonly PlannedReplay[];
  /** Why other endpoints get no replay. */
  readonly excluded: readonly string[];
}

/** @throws NotFoundError */
export async function planReplay(
  connection: Pick<Connection, 'clock' | 'configTable' | 'eventLog' | 'eventReader'>,
  key: EventKey,
): Promise<ReplayPlan> {
  const { eventLog, eventReader } = connection;
  const [event, all] = await Promise.all([eventLog.event(key), listReplayTargets(connection)]);
  if (event === undefined) throw new NotFoundError('event', key.eventId);
  const { orderKey, eventId } = event;
  const targets = all.targets.filter(({ endpoint }) => isAddressedTo(endpoint, event));
  const keys = targets.map(({ endpoint }) => ({ orderKey, eventId, endpointId: endpoint.id }));
  const rows = keys.length === 0 ? [] : await eventReader.deliveriesOf(keys);
  const newest = new NewestEventCache(connection);
  let payload: ReturnType<typeof eventLog.payload> | undefined;
  const hasPayload = async () => {
    payload ??= eventLog.payload(event);
    return (await payload) !== undefined;
  };
  const rules = { includeDelivered: true, includeSkipped: true };
  const replays = await Promise.all(
    targets.map(async ({ endpoint, waitReason }): Promise<PlannedReplay> => {
      const row = rows.find(({ endpointId }) => endpointId === endpoint.id);
      const isNewest = async () => !(await newest.isSuperseded(event, endpoint));
      const state = row === undefined ? event.outcomes?.[endpoint.id]?.state : shownState(row.state);
      return {
        endpointId: endpoint.id,
        decision: await decideReplay(event, endpoint, row, rules, isNewest, hasPayload),
        ...(state !== undefined && { state }),
        ...(waitReason !== undefined && { waitReason }),
      };
    }),
  );
  return { event, replays, excluded: all.excluded.map(({ message }) => message) };
}
