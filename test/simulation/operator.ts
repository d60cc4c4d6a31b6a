/** A person at work while the relay runs: pauses, disables, removes, mistypes, changes settings, replays. */

import { replay } from '../../lib/relay/delivery/replay.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import type { EndpointId, OrderKey } from '../../lib/relay/model/ids.ts';
import type { MemoryEventLog } from '../memory/event-log.ts';
import type { SimulatedConfigTable } from './config-table.ts';
import { ENDPOINT_IDS } from './endpoints.ts';
import type { Faults } from './faults.ts';
import { FILTERS } from './filter.ts';
import type { SimulatedFunction } from './functions.ts';
import type { Scheduler } from './scheduler.ts';

export interface OperatorWorld {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly configTable: SimulatedConfigTable;
  readonly eventLog: MemoryEventLog;
  readonly orders: readonly OrderKey[];
  /** The operator's program, which can die like any function. */
  readonly program: SimulatedFunction;
  readonly note: (text: string) => void;
}

const DEEDS = [
  'pause',
  'disable',
  'remove',
  'spoil',
  'spoil',
  'replay',
  'replay',
  'replay',
  'regret',
] as const;

/** The state in the row; one that is none makes it invalid. */
const STATES = { pause: 'paused', disable: 'disabled', spoil: 'enabledd' } as const;
type Interruption = keyof typeof STATES | 'remove';

const SETTINGS = ['ordering', 'filter', 'timeoutSeconds', 'rateLimitPerSecond', 'url'] as const;
/** Their other settings go with the ordering `latest` and without a filter. */
const KEEPS_SETTINGS: readonly string[] = ['quiet', 'tally'];

export class Operator {
  readonly #world: OperatorWorld;
  /** Endpoints that were disabled or removed at some time: what came then they need not have got. */
  readonly wasAway = new Set<string>();
  /** How often each event was replayed to each endpoint, by `endpoint event`. */
  readonly replays = new Map<string, number>();

  constructor(world: OperatorWorld) {
    this.#world = world;
  }

  /** Does something every now and then, for as long as faults go on; then everything is enabled again. */
  async work(): Promise<void> {
    const { scheduler, faults } = this.#world;
    for (;;) {
      await scheduler.sleep(scheduler.between(1_000, 40_000));
      if (!faults.enabled) return;
      if (faults.strikes('settings changed')) {
        this.#changeSettings();
        continue;
      }
      const deed = scheduler.pick(DEEDS);
      if (deed === 'replay') await this.#replay();
      else if (deed === 'regret') await this.#regret();
      else await this.#interrupt(deed);
    }
  }

  /** Of an endpoint whose deliveries may be pending; the change stays. */
  #changeSettings(): void {
    const { scheduler, configTable, note } = this.#world;
    const id = scheduler.pick(ENDPOINT_IDS);
    const before = configTable.rowsAt('endpoint', scheduler.nowMs).find((row) => row.id === id)?.attributes;
    if (before === undefined) return;
    const name = scheduler.pick(KEEPS_SETTINGS.includes(id) ? SETTINGS.slice(2) : SETTINGS);
    const value = this.#draw(name, id);
    note(`operator: ${name} of ${id} is ${value}`);
    const { [name]: _, ...others } = before;
    configTable.put('endpoint', id, value === undefined ? others : { ...others, [name]: value });
  }

  #draw(name: (typeof SETTINGS)[number], id: string): unknown {
    const { scheduler } = this.#world;
    switch (name) {
      case 'ordering':
        return scheduler.pick(['latest', 'strict', 'none']);
      case 'filter':
        return scheduler.pick([undefined, ...FILTERS]);
      case 'timeoutSeconds':
        return 1 + Math.floor(scheduler.random() * 30);
      case 'rateLimitPerSecond':
        return scheduler.pick([undefined, scheduler.between(0.2, 5)]);
      case 'url':
        return `https://${id}/v${Math.floor(scheduler.between(2, 9))}?orderid=`;
    }
  }

  async #interrupt(
    deed: Interruption,
    id = this.#world.scheduler.pick(ENDPOINT_IDS),
    durationMs = this.#world.scheduler.between(500, 90_000),
  ): Promise<void> {
    const { scheduler, configTable, note } = this.#world;
    const row = (await configTable.rows('endpoint')).find((each) => each.id === id);
    if (row === undefined || row.attributes.state !== undefined) return;
    note(`operator: ${deed} ${id}`);
    if (deed === 'disable' || deed === 'remove') this.wasAway.add(id);
    if (deed === 'remove') await configTable.remove('endpoint', id);
    else configTable.put('endpoint', id, { ...row.attributes, state: STATES[deed] });
    await scheduler.sleep(durationMs);
    note(`operator: ${id} is enabled again`);
    const { state: _, ...attributes } =
      (await configTable.rows('endpoint')).find((each) => each.id === id)?.attributes ?? row.attributes;
    configTable.put('endpoint', id, attributes);
  }

  async pauseForLong(id: string, durationMs: number): Promise<void> {
    await this.#interrupt('pause', id, durationMs);
  }

  async #replay(): Promise<void> {
    const { scheduler, eventLog, orders } = this.#world;
    const events = await Array.fromAsync(eventLog.eventsNewestFirst(scheduler.pick(orders)));
    if (events.length === 0) return;
    this.#replayEvent(scheduler.pick(events), scheduler.pick(ENDPOINT_IDS) as EndpointId);
  }

  /** Replays an order's newest event, has that cancelled, and then replays an older one. */
  async #regret(): Promise<void> {
    const { scheduler, eventLog, orders } = this.#world;
    const [newest, ...older] = await Array.fromAsync(eventLog.eventsNewestFirst(scheduler.pick(orders)));
    if (newest === undefined || older.length === 0) return;
    const id = scheduler.pick(ENDPOINT_IDS) as EndpointId;
    this.#replayEvent(newest, id);
    await this.#interrupt('disable', id);
    this.#replayEvent(scheduler.pick(older), id);
  }

  #replayEvent(event: EventRecord, id: EndpointId): void {
    const { program, note } = this.#world;
    const key = `${id} ${event.eventId}`;
    this.replays.set(key, (this.replays.get(key) ?? 0) + 1);
    note(`operator: replay ${event.eventId} to ${id}`);
    program.invoke(
      (relay) => replay(relay, event, id),
      (result) => note(`operator: replay of ${event.eventId} to ${id}: ${result}`),
    );
  }
}
