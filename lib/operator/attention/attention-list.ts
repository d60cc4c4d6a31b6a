/** Everything that needs attention, in groups. */
import type { InvalidRow } from '../../relay/config-rows.ts';
import { FAN_OUT_ATTENTION } from '../../relay/fan-out/quarantine.ts';
import { after } from '../../relay/model/clock.ts';
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import { idOf } from '../config-rows.ts';
import type { Connection, QueueName } from '../connection.ts';
import type { BoundedCount } from '../deliveries/delivery-counts.ts';
import { listEndpoints } from '../endpoints/endpoints.ts';
import { listSources } from '../sources/sources.ts';
import { FAN_OUT_LISTS, type OwedEvents, readOwedEvents } from '../status/attention.ts';
import { stateOf } from '../status/endpoint-status.ts';
import { isStopped, type StoppedState } from '../status/stopped-state.ts';
import { type DeliveryGroup, deliveryGroups } from './delivery-groups.ts';

const MINUTE_MS = 60_000;
const MOST_SAMPLES = 5;

/**
 * - `abandoned`: fan-out gave up on them.
 * - `quarantined`: their fan-out failed repeatedly. The relay tries them again, and their orders continue without them.
 * - `waiting`: they wait for fan-out longer than a minute.
 */
export type EventGroupKind = 'abandoned' | 'quarantined' | 'waiting';

export interface EventGroup {
  readonly kind: EventGroupKind;
  readonly count: BoundedCount;
  /** When the first and the last of the counted events were received. */
  readonly oldest: Date;
  readonly newest: Date;
  readonly samples: readonly EventKey[];
}

interface InvalidConfigRow extends InvalidRow {
  readonly kind: 'endpoint' | 'source';
}

export interface AttentionList {
  /** Those that do not get their updates, without the invalid ones. */
  readonly stopped: readonly { readonly id: string; readonly state: Exclude<StoppedState, 'invalid'> }[];
  readonly deliveries: readonly DeliveryGroup[];
  readonly events: readonly EventGroup[];
  readonly invalid: readonly InvalidConfigRow[];
  /** Messages in the dead-letter queues. SQS counts approximately. */
  readonly deadLetters: Readonly<Record<QueueName, number>>;
}

export async function readAttentionList(
  connection: Pick<Connection, 'clock' | 'configTable' | 'eventReader' | 'queues'>,
): Promise<AttentionList> {
  const [deliveries, abandoned, unfinished, endpoints, sources, { deadLetters }] = await Promise.all([
    deliveryGroups(connection),
    readOwedEvents(connection, [FAN_OUT_ATTENTION]),
    readOwedEvents(connection, FAN_OUT_LISTS),
    listEndpoints(connection),
    listSources(connection),
    connection.queues(),
  ]);
  const [events, ofDeliveries] = await Promise.all([
    deadLetters.events.count(),
    deadLetters.deliveries.count(),
  ]);
  const late = after(connection.clock.now(), -MINUTE_MS);
  return {
    stopped: endpoints.flatMap((row) => {
      const { state } = stateOf(row);
      return isStopped(state) && state !== 'invalid' ? [{ id: idOf(row), state }] : [];
    }),
    deliveries,
    events: [
      ...eventGroup('abandoned', abandoned, () => true),
      ...eventGroup('quarantined', unfinished, ({ quarantinedUntil }) => quarantinedUntil !== undefined),
      ...eventGroup(
        'waiting',
        unfinished,
        ({ quarantinedUntil, receivedAt }) => quarantinedUntil === undefined && receivedAt < late,
      ),
    ],
    invalid: [
      ...endpoints.flatMap((row) =>
        'invalid' in row ? [{ kind: 'endpoint' as const, ...row.invalid }] : [],
      ),
      ...sources.flatMap((row) => ('invalid' in row ? [{ kind: 'source' as const, ...row.invalid }] : [])),
    ],
    deadLetters: { events, deliveries: ofDeliveries },
  };
}

function eventGroup(
  kind: EventGroupKind,
  { events, isMore }: OwedEvents,
  belongs: (event: EventRecord) => boolean,
): EventGroup[] {
  const found = events.filter(belongs);
  if (found.length === 0) return [];
  const times = found.map(({ receivedAt }) => receivedAt.getTime());
  return [
    {
      kind,
      count: { count: found.length, isMore },
      oldest: new Date(Math.min(...times)),
      newest: new Date(Math.max(...times)),
      samples: found.slice(0, MOST_SAMPLES).map(({ orderKey, eventId }) => ({ orderKey, eventId })),
    },
  ];
}
