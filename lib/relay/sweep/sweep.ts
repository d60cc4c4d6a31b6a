/** Finds what should have happened by now and did not, and puts it back on its queue. */

import type { Endpoints } from '../config.ts';
import type { SweepRelay } from '../context.ts';
import type { Deadline } from '../model/clock.ts';
import { FAN_OUT, SHARDS } from '../model/ids.ts';
import { areNewsWanted, tellNewsOf, tellSilence } from './notices.ts';
import { sweepEndpoint } from './sweep-endpoint.ts';
import { LIST_LIMIT, sweepEvents } from './sweep-events.ts';

/** What one list may take; a sweep that has less time left leaves the rest to the next. */
const LIST_TAKES_MS = 10_000;
/** Lists in hand at the same time. */
const PARALLEL = 4;

/** One list of owed work to look through. */
interface List {
  readonly name: string;
  readonly sweep: () => Promise<void>;
}

/** @param silenceHours how long no webhook may come before the endpoints that ask for notices are told; 0 for never */
export async function sweep(relay: SweepRelay, deadline: Deadline, silenceHours = 0): Promise<void> {
  const endpoints = await relay.config.endpoints();
  const lists = rotated(listsOf(relay, endpoints, deadline), relay.random());
  // Last: that work goes on matters more than that it is talked about.
  if (areNewsWanted(endpoints)) lists.push(...newsOf(relay, endpoints, silenceHours));
  const work = async () => {
    for (let list = lists.shift(); list !== undefined; list = lists.shift()) {
      if (!deadline.allows(LIST_TAKES_MS)) return;
      await sweepList(relay, list);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** Fan-out's, and those of all endpoints that there are, and that there were as long as something is owed to them. */
function listsOf(relay: SweepRelay, { valid, invalid }: Endpoints, deadline: Deadline): List[] {
  const shards = Array.from({ length: SHARDS }, (_, shard) => `${FAN_OUT}#${shard}`);
  const rows = new Map(valid.map((endpoint) => [endpoint.id, endpoint]));
  // What is owed to an endpoint whose row is wrong waits until the row is mended.
  const waiting = new Set(invalid.map(({ id }) => id));
  const ids = new Set([...rows.keys(), ...relay.config.health.ids()]).difference(waiting);
  return [
    ...shards.map((name) => ({ name, sweep: () => sweepShard(relay, name, deadline) })),
    ...[...ids].map((id) => ({ name: id, sweep: () => sweepEndpoint(relay, id, rows.get(id)) })),
  ];
}

/** By endpoint, so that what cannot be told of one does not keep that of the others. */
function newsOf(relay: SweepRelay, { valid }: Endpoints, silenceHours: number): List[] {
  const silence = { name: 'silence', sweep: () => tellSilence(relay, silenceHours) };
  return [
    ...valid.map((endpoint) => ({
      name: `news of ${endpoint.id}`,
      sweep: () => tellNewsOf(relay, endpoint),
    })),
    ...(silenceHours > 0 ? [silence] : []),
  ];
}

/** An outage of the queue leaves thousands of events behind, and all are late: page after page, while there is time. */
async function sweepShard(relay: SweepRelay, shard: string, deadline: Deadline): Promise<void> {
  while (deadline.allows(LIST_TAKES_MS)) {
    const { found, requeued } = await sweepEvents(relay, shard);
    // A table that refuses every write is not asked again before the next sweep.
    if (found < LIST_LIMIT || requeued === 0) return;
  }
}

/** Starts anywhere in the lists: when time runs out, it is not always the same ones that were not reached. */
function rotated<Element>(elements: readonly Element[], random: number): Element[] {
  const start = Math.floor(random * elements.length);
  return [...elements.slice(start), ...elements.slice(0, start)];
}

async function sweepList(relay: SweepRelay, { name, sweep }: List): Promise<void> {
  try {
    await sweep();
  } catch (error) {
    relay.telemetry.error('sweep failed on one list; the next sweep goes on', error, { list: name });
  }
}
