/** Finds an event by its id. */
import type { EventKey } from '../../relay/model/event.ts';
import { type EventId, isEventId } from '../../relay/model/ids.ts';
import type { Connection } from '../connection.ts';
import { InvalidInputError, NotFoundError } from '../errors.ts';

/** @throws NotFoundError */
export async function findEventKey(
  { eventReader }: Pick<Connection, 'eventReader'>,
  text: string,
): Promise<EventKey> {
  const eventId = checkEventId(text);
  const orderKey = await eventReader.orderOfEvent(eventId);
  if (orderKey === undefined) throw new NotFoundError('event', text);
  return { orderKey, eventId };
}

/**
 * @param attribute the name in the error message
 * @throws InvalidInputError
 */
export function checkEventId(text: string, attribute = 'eventId'): EventId {
  if (isEventId(text)) return text;
  throw new InvalidInputError([
    { attribute, problem: 'must be evt_ followed by 26 digits and capital letters' },
  ]);
}
