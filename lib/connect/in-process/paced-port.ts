/** A port whose reads give way to other work of the process. */
import type { DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventKey } from '../../relay/model/event.ts';
import type { EventReader } from '../../relay/ports/operator.ts';
import type { Turns } from './turns.ts';

/** Rows to read at a time. Each takes about 0.1 ms. */
const CHUNK = 50;

/** The port, with a pause after each call and after each item of a list. */
export function paced<Port extends object>(port: Port, turns: Turns): Port {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => pacedResult(Reflect.apply(member, target, args), turns);
    },
  });
}

function pacedResult(result: unknown, turns: Turns): unknown {
  if (result instanceof Promise) return result.finally(() => turns.pause());
  return isIterable(result) ? pacedItems(result, turns) : result;
}

async function* pacedItems<Item>(items: AsyncIterable<Item>, turns: Turns) {
  for await (const item of items) {
    yield item;
    await turns.pause();
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** The reader, which reads many rows by their keys in small steps. */
export function inSmallSteps(reader: EventReader, turns: Turns): EventReader {
  const port = paced(reader, turns);
  return new Proxy(port, {
    get(target, name) {
      if (name === 'eventsOf') return inSteps((keys: readonly EventKey[]) => target.eventsOf(keys));
      if (name === 'deliveriesOf')
        return inSteps((keys: readonly DeliveryKey[]) => target.deliveriesOf(keys));
      return Reflect.get(target, name);
    },
  });
}

function inSteps<Key, Row>(
  read: (keys: readonly Key[]) => Promise<Row[]>,
): (keys: readonly Key[]) => Promise<Row[]> {
  return async (keys) => {
    const rows: Row[] = [];
    for (let from = 0; from < keys.length; from += CHUNK)
      rows.push(...(await read(keys.slice(from, from + CHUNK))));
    return rows;
  };
}
