/** The map of outcomes in an event's row, by endpoint. */
import type { Outcomes } from '../model/event.ts';
import type { EndpointId } from '../model/ids.ts';
import type { Outcome } from '../model/outcome.ts';
import { recordOf } from '../model/record-of.ts';
import type { Row } from './attributes.ts';

export function toOutcomeMap(outcomes: Outcomes): Readonly<Record<string, Outcome>> {
  const ids = Object.keys(outcomes) as EndpointId[];
  // Stryker disable next-line ConditionalExpression: it only saves time
  if (!ids.some(isMember)) return outcomes;
  const entries = Object.entries(outcomes) as [EndpointId, Outcome][];
  return recordOf(entries.map(([id, outcome]) => [outcomeKey(id), outcome]));
}

/** The map of outcomes with one of them replaced. */
export function withOutcome(outcomes: unknown, endpointId: EndpointId, outcome: Outcome): Row {
  return { ...(isOutcomeMap(outcomes) && outcomes), [outcomeKey(endpointId)]: outcome };
}

/** False for anything else that a person has put in the place of the map. */
export function isOutcomeMap(outcomes: unknown): outcomes is Row {
  return typeof outcomes === 'object' && outcomes !== null && !Array.isArray(outcomes);
}

/** Appended to an endpoint id that is the name of a member of every object. No endpoint id contains it. */
const MARK = '#';

/** The key of an endpoint's outcome in the row. The AWS SDK builds plain objects, which lose `__proto__`. */
export function outcomeKey(endpointId: EndpointId): string {
  return isMember(endpointId) ? endpointId + MARK : endpointId;
}

const PLAIN_OBJECT = {};

/** True for the name of a member of every object. */
function isMember(endpointId: EndpointId): boolean {
  return endpointId in PLAIN_OBJECT;
}

/** The reverse of {@link outcomeKey}. */
export function endpointIdIn(key: string): string {
  return key.endsWith(MARK) ? key.slice(0, -MARK.length) : key;
}
