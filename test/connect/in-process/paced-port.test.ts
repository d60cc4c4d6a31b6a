import { describe, expect, it } from 'vitest';
import { inSmallSteps, paced } from '../../../lib/connect/in-process/paced-port.ts';
import { Turns } from '../../../lib/connect/in-process/turns.ts';
import { MemoryEventReader } from '../../memory/event-reader.ts';
import { aRelay } from '../../relay/a-relay.ts';

/** Turns of no length: each pause lets other work run. */
const shortTurns = () => {
  let nowMs = 0;
  return new Turns(() => {
    nowMs += 10;
    return nowMs;
  });
};

describe('a paced port', () => {
  it('answers as the port does', async () => {
    const port = paced({ size: 3, read: async (key: string) => `row ${key}` }, shortTurns());

    expect([port.size, await port.read('a')]).toEqual([3, 'row a']);
  });

  it('fails as the port does', async () => {
    const port = paced({ read: () => Promise.reject(new Error('no disk')) }, shortTurns());

    await expect(port.read()).rejects.toThrow('no disk');
  });

  it('lets other work run between the items of a list, and ends the list early', async () => {
    const seen: string[] = [];
    const list = async function* () {
      try {
        yield* ['a', 'b', 'c'];
      } finally {
        seen.push('ended');
      }
    };
    const port = paced({ list }, shortTurns());
    setImmediate(() => seen.push('other work'));

    for await (const item of port.list()) {
      seen.push(item);
      if (item === 'b') break;
    }

    expect(seen).toEqual(['a', 'other work', 'b', 'ended']);
  });
});

it('a reader reads many rows in small steps, and in the order of their keys', async () => {
  const relay = aRelay();
  for (let order = 100; order < 220; order++) await relay.webhook({ Id: `7-${order}` });
  const reader = new MemoryEventReader(relay.eventLog);
  const sizes: number[] = [];
  const eventsOf = reader.eventsOf.bind(reader);
  reader.eventsOf = (keys) => {
    sizes.push(keys.length);
    return eventsOf(keys);
  };
  const keys = await Array.fromAsync(reader.eventKeys({ since: new Date(0), pageSize: 100 }));

  const events = await inSmallSteps(reader, new Turns(() => 0)).eventsOf(keys);

  expect(events.map(({ eventId }) => eventId)).toEqual(keys.map(({ eventId }) => eventId));
  expect(sizes).toEqual([50, 50, 20]);
});
