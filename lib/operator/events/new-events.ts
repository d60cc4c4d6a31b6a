/** Follows the event log: yields the keys of events as they arrive, until it is stopped. */
import { after } from '../../relay/model/clock.ts';
import type { EventKey } from '../../relay/model/event.ts';
import { eventTime, isRelayEvent, type SourceId, sourceOf } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';

export interface FollowOptions {
  /** Also yields the events since then; by default only those that arrive from now on. */
  readonly since?: Date | undefined;
  /** All sources when absent. Notices and tests are left out. */
  readonly source?: SourceId | undefined;
  /** Stops. */
  readonly signal: AbortSignal;
}

/** How often the index is read. */
const POLL_INTERVAL_MS = 2_000;
/** The clocks of functions and the index lag by some seconds, so each poll reads this far back. */
const LOOKBACK_MS = 30_000;
/** Ctrl-C is noticed within this time. */
const SLICE_MS = 200;
/** Keys of one poll. More wait for the next one. */
const MOST_KEYS = 500;

/** Yields a batch after each poll, oldest event first, also an empty one. */
export async function* newEvents(
  { clock, eventReader }: Pick<Connection, 'clock' | 'eventReader'>,
  { since, source, signal }: FollowOptions,
): AsyncGenerator<EventKey[], void, undefined> {
  const from = since ?? clock.now();
  let readSince = from;
  /** The events of the look-back time that were yielded. */
  const yielded = new Map<string, Date>();
  while (!signal.aborted) {
    const range = { since: readSince, oldestFirst: true, pageSize: 100 };
    const batch: EventKey[] = [];
    let newest = readSince;
    for await (const key of eventReader.eventKeys(range)) {
      if (batch.length === MOST_KEYS || signal.aborted) break;
      const at = eventTime(key.eventId);
      if (at > newest) newest = at;
      const name = `${key.orderKey} ${key.eventId}`;
      if (yielded.has(name)) continue;
      yielded.set(name, at);
      if (source === undefined ? !isRelayEvent(key.orderKey) : sourceOf(key.orderKey) === source)
        batch.push(key);
    }
    yield batch;
    const isCut = batch.length === MOST_KEYS;
    readSince = laterOf(from, after(isCut ? newest : earlierOf(newest, clock.now()), -LOOKBACK_MS));
    for (const [name, at] of yielded) if (at < readSince) yielded.delete(name);
    if (!isCut) await pause(clock, signal);
  }
}

async function pause(clock: Connection['clock'], signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; waitedMs < POLL_INTERVAL_MS && !signal.aborted; waitedMs += SLICE_MS)
    await clock.sleep(SLICE_MS);
}

const laterOf = (one: Date, other: Date) => (one > other ? one : other);
const earlierOf = (one: Date, other: Date) => (one < other ? one : other);
