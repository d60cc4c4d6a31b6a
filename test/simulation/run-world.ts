/** Everything that the checks of a run look at. */

import { sourceIdSchema } from '../../lib/relay/endpoint/source.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { type EventId, type OrderKey, orderKeyOf } from '../../lib/relay/model/ids.ts';
import type { EventMessage } from '../../lib/relay/ports/queues.ts';
import type { MemoryEventLog } from '../memory/event-log.ts';
import type { SimulatedConfigTable } from './config-table.ts';
import type { Faults } from './faults.ts';
import type { Filter } from './filter.ts';
import type { Hub } from './hub.ts';
import type { Operator } from './operator.ts';
import type { Poison } from './poison.ts';
import type { SimulatedQueue } from './queue.ts';
import type { Weather } from './rates.ts';
import type { Receivers } from './receivers.ts';
import type { Refusals } from './refusals.ts';
import type { Scheduler } from './scheduler.ts';

export const SOURCE = sourceIdSchema.parse('main');

export interface RunWorld {
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly faults: Faults;
  readonly configTable: SimulatedConfigTable;
  readonly eventLog: MemoryEventLog;
  readonly receivers: Receivers;
  readonly filter: Filter;
  readonly poison: Poison;
  readonly events: SimulatedQueue<EventMessage>;
  readonly hub: Hub;
  readonly operator: Operator;
  readonly refusals: Refusals;
  readonly retentionMs: number;
  /** Clocks differ by more than the documented bound: only loss and liveness are checked. */
  readonly areClocksFarApart: boolean;
  /** All clocks were a year ahead for a while. Some leases then ended too early, so clocks also count as far apart. */
  readonly didClocksJump: boolean;
  readonly fail: (text: string) => void;
}

export const orderKey = (orderId: string): OrderKey => orderKeyOf(SOURCE, orderId);

/** Its fan-out failed so often that its order went on without it. */
export function wasQuarantined({ fanOutAttempts = 0 }: EventRecord): boolean {
  return fanOutAttempts >= 5;
}

export function isReplayed({ operator }: RunWorld, endpointId: string, eventId: EventId): boolean {
  return operator.replays.has(`${endpointId} ${eventId}`);
}
