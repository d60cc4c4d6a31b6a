/** The attributes of an event's row as ingest writes them, whatever the store. */
import type { EventRecord } from '../model/event.ts';
import { type Row, toAttributes } from './attributes.ts';
import { toOutcomeMap } from './outcome-map.ts';

/** The attributes of an event before its fan-out, with its keys. */
export function eventAttributes(event: EventRecord): Row {
  const { fannedOutAt: _, outcomes, ...record } = event;
  return toAttributes({ ...record, outcomes: outcomes && toOutcomeMap(outcomes) });
}
