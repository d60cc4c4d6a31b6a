/** The body of an event. It contains personal data: fetch it only when a person asks for it. */
import type { EventKey, Payload } from '../../relay/model/event.ts';
import type { Connection } from '../connection.ts';
import { NotFoundError } from '../errors.ts';

export type EventBody =
  | ({ readonly kind: 'body' } & Payload)
  | { readonly kind: 'forgotten'; readonly forgottenAt: Date }
  | { readonly kind: 'expired' };

/** @throws NotFoundError when the event has expired, too */
export async function readEventBody(
  { eventLog }: Pick<Connection, 'eventLog'>,
  key: EventKey,
): Promise<EventBody> {
  const [event, payload] = await Promise.all([eventLog.event(key), eventLog.payload(key)]);
  if (event === undefined) throw new NotFoundError('event', key.eventId);
  if (event.forgottenAt !== undefined) return { kind: 'forgotten', forgottenAt: event.forgottenAt };
  return payload === undefined ? { kind: 'expired' } : { kind: 'body', ...payload };
}
