/** Re-queues overdue events and deliveries whose message was lost, and sends notices. */

import type { Endpoints } from '../config.ts';
import type { SweepContext } from '../context.ts';
import { LONGEST_QUARANTINE_MS } from '../fan-out/quarantine.ts';
import type { Deadline } from '../model/clock.ts';
import { LONGEST_WAIT_MS } from '../model/clock.ts';
import { FAN_OUT, SHARDS } from '../model/ids.ts';
import { isTimeToCorrect, makeDueIfTooFarAhead } from './correct-due-times.ts';
import { areNoticesWanted, notifyChanges, notifySilence } from './notices.ts';
import { finishEnded, sweepEndpoint } from './sweep-endpoint.ts';
import { LIST_LIMIT, sweepEvents } from './sweep-events.ts';

/** The longest time for one list. With less time left, the rest waits for the next sweep. */
const MAX_LIST_MS = 10_000;
/** Lists that are swept at the same time. */
const PARALLEL = 4;

/** One list of overdue work to check. */
interface List {
  readonly name: string;
  readonly sweep: () => Promise<void>;
}

/** @param silenceHours hours without a webhook before a notice is sent; 0 sends none */
export async function sweep(context: SweepContext, deadline: Deadline, silenceHours = 0): Promise<void> {
  const endpoints = await context.config.endpoints();
  const lists = rotated(listsOf(context, endpoints, deadline), context.random());
  if (isTimeToCorrect(context.clock.now())) lists.push(...correctionsOf(context, [...lists], deadline));
  // Deliveries matter more than notices, so notices come last.
  if (areNoticesWanted(endpoints)) lists.push(...noticeListsOf(context, endpoints, silenceHours));
  const work = async () => {
    for (let list = lists.shift(); list !== undefined; list = lists.shift()) {
      if (!deadline.allows(MAX_LIST_MS)) return;
      await sweepList(context, list);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** Fan-out's lists, and one list per endpoint. A removed endpoint keeps its list until nothing is owed to it. */
function listsOf(context: SweepContext, { valid, invalid }: Endpoints, deadline: Deadline): List[] {
  const shards = Array.from({ length: SHARDS }, (_, shard) => `${FAN_OUT}#${shard}`);
  const rows = new Map(valid.map((endpoint) => [endpoint.id, endpoint]));
  // The deliveries of an endpoint with an invalid row wait until the row is fixed, except those that have ended.
  const waiting = new Set(invalid.map(({ id }) => id));
  const ids = new Set([...rows.keys(), ...context.config.health.ids()]).difference(waiting);
  return [
    ...shards.map((name) => ({ name, sweep: () => sweepShard(context, name, deadline) })),
    ...[...ids].map((id) => ({ name: id, sweep: () => sweepEndpoint(context, id, rows.get(id)) })),
    ...[...waiting].map((id) => ({ name: id, sweep: () => finishEnded(context, id) })),
  ];
}

/** The same lists, to correct due times that are too far ahead. */
function correctionsOf(context: SweepContext, lists: readonly List[], deadline: Deadline): List[] {
  return lists.map(({ name }) => ({
    name: `due times of ${name}`,
    sweep: () => {
      const longestMs = name.startsWith(`${FAN_OUT}#`) ? LONGEST_QUARANTINE_MS : LONGEST_WAIT_MS;
      return makeDueIfTooFarAhead(context, name, longestMs, () => deadline.allows(MAX_LIST_MS));
    },
  }));
}

/** One list per endpoint: a failure on one does not stop the notices of the others. */
function noticeListsOf(context: SweepContext, { valid }: Endpoints, silenceHours: number): List[] {
  const silence = { name: 'silence', sweep: () => notifySilence(context, silenceHours) };
  return [
    ...valid.map((endpoint) => ({
      name: `notices about ${endpoint.id}`,
      sweep: () => notifyChanges(context, endpoint),
    })),
    ...(silenceHours > 0 ? [silence] : []),
  ];
}

/** Sweeps page after page while there is time: a queue outage can leave thousands of overdue events. */
async function sweepShard(context: SweepContext, shard: string, deadline: Deadline): Promise<void> {
  while (deadline.allows(MAX_LIST_MS)) {
    const { found, requeued } = await sweepEvents(context, shard);
    // The table refused every write. The next sweep tries again.
    if (found < LIST_LIMIT || requeued === 0) return;
  }
}

/** Starts at a random list. When time runs out, the skipped lists then differ from sweep to sweep. */
function rotated<Element>(elements: readonly Element[], random: number): Element[] {
  const start = Math.floor(random * elements.length);
  return [...elements.slice(start), ...elements.slice(0, start)];
}

async function sweepList(context: SweepContext, { name, sweep }: List): Promise<void> {
  try {
    await sweep();
  } catch (error) {
    context.telemetry.error('sweep failed on one list; the next sweep retries it', error, { list: name });
  }
}
