/** Two processes on one file, and a process that is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EventKey } from '../../lib/relay/model/event.ts';
import { anEvent } from '../ports/builders.ts';
import { useSqlite } from './stores.ts';

const sqlite = useSqlite();
const PROGRAM = fileURLToPath(new URL('write-and-wait.ts', import.meta.url));

/** A process that writes without end, and the keys that it has acknowledged. */
function startWriter(file: string) {
  const child = spawn(process.execPath, [PROGRAM, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const acknowledged: EventKey[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const [orderKey, eventId] = line.split(' ');
    acknowledged.push({ orderKey, eventId } as EventKey);
  });
  return {
    acknowledged,
    async untilItWrote(count: number): Promise<void> {
      while (acknowledged.length < count) await once(lines, 'line');
    },
    async kill(): Promise<void> {
      const closed = once(lines, 'close');
      child.kill('SIGKILL');
      await closed;
    },
  };
}

describe('a process that is killed', () => {
  it('has lost nothing that it acknowledged', async () => {
    const file = join(sqlite.newFolder(), 'relay.db');
    const writer = startWriter(file);
    await writer.untilItWrote(20);
    await writer.kill();

    const store = sqlite.open({ file });

    for (const key of writer.acknowledged) {
      expect(await store.eventLog.event(key)).toMatchObject(key);
      expect(Buffer.from((await store.eventLog.payload(key))?.body ?? []).toString()).toBe(
        `payload of ${key.eventId}`,
      );
    }
    expect(store.checkIntegrity()).toEqual([]);
  });
});

describe('two processes on one file', () => {
  it('write at the same time, and each reads the rows of the other', async () => {
    const store = sqlite.open();
    const writer = startWriter(store.file);
    await writer.untilItWrote(1);

    const events = Array.from({ length: 30 }, () => anEvent());
    for (const event of events) await store.eventLog.putEvent(event, store.clock.now());
    await writer.untilItWrote(writer.acknowledged.length + 5);
    await writer.kill();

    for (const key of [...events, ...writer.acknowledged])
      expect(await store.eventLog.event(key)).toMatchObject({ eventId: key.eventId });
  });
});
