/** Outcomes as people read them, so that a test can say what it expects in one line. */
import type { EventRecord } from '../../lib/relay/model/event.ts';
import { outcomeText } from '../../lib/relay/model/outcome.ts';

export function outcomeTexts({ outcomes = {} }: Pick<EventRecord, 'outcomes'>): Record<string, string> {
  return Object.fromEntries(Object.entries(outcomes).map(([id, outcome]) => [id, outcomeText(outcome)]));
}
