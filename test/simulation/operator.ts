/** A person at work while the relay runs: pauses and resumes, turns off and on, removes and adds, mistypes, replays. */
import type { EventRecord } from '../../lib/relay/event.ts';
import type { EndpointId, OrderKey } from '../../lib/relay/ids.ts';
import { replay } from '../../lib/relay/replay.ts';
import type { MemoryConfigTable } from '../memory/config-table.ts';
import type { MemoryEventLog } from '../memory/event-log.ts';
import { ORDERINGS } from './endpoints.ts';
import type { Faults } from './faults.ts';
import type { SimulatedFunction } from './functions.ts';
import type { Scheduler } from './scheduler.ts';

export interface OperatorWorld {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly configTable: MemoryConfigTable;
  readonly eventLog: MemoryEventLog;
  readonly orders: readonly OrderKey[];
  /** The operator's program, which can die like any function. */
  readonly program: SimulatedFunction;
  readonly note: (text: string) => void;
}

const DEEDS = ['pause', 'off', 'remove', 'spoil', 'spoil', 'replay', 'replay', 'replay', 'regret'] as const;

/** The state in the row; one that is none makes it invalid. */
const STATES = { pause: 'paused', off: 'off', spoil: 'onn' } as const;

export class Operator {
  readonly #world: OperatorWorld;
  /** Endpoints that were off or gone at some time: what came then they need not have got. */
  readonly wasAway = new Set<string>();
  replays = 0;

  constructor(world: OperatorWorld) {
    this.#world = world;
  }

  /** Does something every now and then, for as long as faults go on; then everything is on again. */
  async work(): Promise<void> {
    const { scheduler, faults } = this.#world;
    for (;;) {
      await scheduler.sleep(scheduler.between(1_000, 40_000));
      if (!faults.enabled) return;
      const deed = scheduler.pick(DEEDS);
      if (deed === 'replay') await this.#replay();
      else if (deed === 'regret') await this.#regret();
      else await this.#interrupt(deed);
    }
  }

  async #interrupt(
    deed: 'pause' | 'off' | 'remove' | 'spoil',
    id = this.#world.scheduler.pick(Object.keys(ORDERINGS)),
  ): Promise<void> {
    const { scheduler, configTable, note } = this.#world;
    const row = (await configTable.rows('endpoint')).find((each) => each.id === id);
    if (row === undefined) return;
    note(`operator: ${deed} ${id}`);
    if (deed === 'off' || deed === 'remove') this.wasAway.add(id);
    if (deed === 'remove') configTable.remove('endpoint', id);
    else configTable.put('endpoint', id, { ...row.attributes, state: STATES[deed] });
    await scheduler.sleep(scheduler.between(500, 90_000));
    note(`operator: ${id} is on again`);
    configTable.put('endpoint', id, row.attributes);
  }

  async #replay(): Promise<void> {
    const { scheduler, eventLog, orders } = this.#world;
    const events = await Array.fromAsync(eventLog.eventsNewestFirst(scheduler.pick(orders)));
    if (events.length === 0) return;
    this.#replayEvent(scheduler.pick(events), scheduler.pick(Object.keys(ORDERINGS)) as EndpointId);
  }

  /** Replays an order's newest event, has that cancelled, and then replays an older one. */
  async #regret(): Promise<void> {
    const { scheduler, eventLog, orders } = this.#world;
    const [newest, ...older] = await Array.fromAsync(eventLog.eventsNewestFirst(scheduler.pick(orders)));
    if (newest === undefined || older.length === 0) return;
    const id = scheduler.pick(Object.keys(ORDERINGS)) as EndpointId;
    this.#replayEvent(newest, id);
    await this.#interrupt('off', id);
    this.#replayEvent(scheduler.pick(older), id);
  }

  #replayEvent(event: EventRecord, id: EndpointId): void {
    const { program, note } = this.#world;
    this.replays += 1;
    note(`operator: replay ${event.eventId} to ${id}`);
    program.invoke(
      (relay) => replay(relay, event, id),
      (result) => note(`operator: replay of ${event.eventId} to ${id}: ${result}`),
    );
  }
}
