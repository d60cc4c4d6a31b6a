/** Follows new events and what becomes of them at each endpoint. */
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import { type Outcome, outcomeText } from '../../relay/model/outcome.ts';
import type { Connection } from '../connection.ts';
import { nameOf } from '../deliveries/newest-first-page.ts';
import { type FollowOptions, newEvents } from './new-events.ts';

export type TailNews =
  | { readonly kind: 'event'; readonly event: EventRecord }
  | {
      readonly kind: 'outcome';
      readonly event: EventRecord;
      readonly endpointId: string;
      readonly outcome: Outcome;
    };

interface Followed {
  readonly key: EventKey;
  isAnnounced: boolean;
  /** The outcomes that were yielded, as texts. */
  readonly known: Map<string, string>;
}

/** The newest events whose outcomes are read again with each poll: one batch of DynamoDB. */
const MOST_FOLLOWED = 100;

/**
 * Yields each new event, and each outcome when it changes. It follows an event until every endpoint has its final outcome,
 * or until 100 newer ones are followed.
 */
export async function* tailEvents(
  connection: Pick<Connection, 'clock' | 'eventReader'>,
  options: FollowOptions,
): AsyncGenerator<TailNews, void, undefined> {
  const followed = new Map<string, Followed>();
  for await (const keys of newEvents(connection, options)) {
    for (const key of keys) followed.set(nameOf(key), { key, isAnnounced: false, known: new Map() });
    const events = await connection.eventReader.eventsOf([...followed.values()].map(({ key }) => key));
    for (const event of events) {
      const name = nameOf(event);
      const one = followed.get(name);
      if (one === undefined) continue;
      if (!one.isAnnounced) yield { kind: 'event', event };
      one.isAnnounced = true;
      yield* changedOutcomes(event, one.known);
      if (isFinished(event)) followed.delete(name);
    }
    for (const name of [...followed.keys()].slice(0, -MOST_FOLLOWED)) followed.delete(name);
  }
}

function* changedOutcomes(event: EventRecord, known: Map<string, string>): Generator<TailNews> {
  for (const [endpointId, outcome] of Object.entries(event.outcomes ?? {})) {
    const text = outcomeText(outcome);
    if (known.get(endpointId) === text) continue;
    known.set(endpointId, text);
    yield { kind: 'outcome', event, endpointId, outcome };
  }
}

function isFinished({ fannedOutAt, outcomes = {} }: EventRecord): boolean {
  return fannedOutAt !== undefined && Object.values(outcomes).every(({ state }) => state !== 'pending');
}
