/** Reads each event once for all endpoints: those that are disabled together were cancelled by the same events. */
import type { EventKey, EventRecord } from '../../relay/model/event.ts';
import type { EventReader } from '../../relay/ports/operator.ts';
import { nameOf } from '../deliveries/newest-first-page.ts';

/** The reader, which remembers the events that it read. For one status: it never forgets. */
export function withSharedEvents(reader: EventReader): EventReader {
  const eventsOf = sharing((keys) => reader.eventsOf(keys));
  return new Proxy(reader, {
    get(target, name) {
      if (name === 'eventsOf') return eventsOf;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

function sharing(read: EventReader['eventsOf']): EventReader['eventsOf'] {
  const reads = new Map<string, Promise<EventRecord | undefined>>();
  const begin = (keys: readonly EventKey[]) => {
    const found = read(keys).then((events) => new Map(events.map((event) => [nameOf(event), event])));
    for (const key of keys) {
      const event = found.then((events) => events.get(nameOf(key)));
      // The callers that ask for the event get the failure.
      event.catch(() => {});
      reads.set(nameOf(key), event);
    }
  };
  return async (keys) => {
    const unread = keys.filter((key) => !reads.has(nameOf(key)));
    if (unread.length > 0) begin(unread);
    const events = await Promise.all(keys.map((key) => reads.get(nameOf(key))));
    return events.filter((event) => event !== undefined);
  };
}
