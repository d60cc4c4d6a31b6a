import { describe, expect, it } from 'vitest';
import { sharedReads } from '../../../lib/console/live/shared-reads.ts';
import { aRelay } from '../../relay/a-relay.ts';
import { aConsole, connectionTo } from '../a-console.ts';
import { busyRelay } from '../busy-relay.ts';

/** Reads that end when the test says so. */
function aSlowRead() {
  const started: PromiseWithResolvers<number>[] = [];
  const read = sharedReads(() => {
    const one = Promise.withResolvers<number>();
    started.push(one);
    return one.promise;
  });
  return { started, read };
}

describe('shared reads', () => {
  it('give one value to all who ask while a read runs, read after their question', async () => {
    const { started, read } = aSlowRead();
    const first = read();
    const others = [read(), read(), read()];

    started[0]?.resolve(1);
    expect(await first).toBe(1);
    await expect.poll(() => started).toHaveLength(2);
    started[1]?.resolve(2);

    expect(await Promise.all(others)).toEqual([2, 2, 2]);
    expect(started).toHaveLength(2);
  });

  it('go on after one that failed', async () => {
    const { started, read } = aSlowRead();
    const first = read();
    const second = read();

    started[0]?.reject(new Error('the file is gone'));
    await expect(first).rejects.toThrow('the file is gone');
    await expect.poll(() => started).toHaveLength(2);
    started[1]?.resolve(2);

    expect(await second).toBe(2);
    const third = read();
    started[2]?.resolve(3);
    expect(await third).toBe(3);
  });
});

describe.each(['/overview', '/endpoints'])('the live part %s', (path) => {
  it('costs little more when many browsers ask at once', async () => {
    const relay = await busyRelay();
    const connection = connectionTo(aRelay());
    let reads = 0;
    const configTable = new Proxy(relay.configTable, {
      get(target, name) {
        if (name === 'rows') reads += 1;
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const { request, signIn } = aConsole(relay, { connection: { ...connection, configTable } });
    const headers = { cookie: await signIn(), 'hx-request': 'true' };
    await request(path, { headers });
    const once = reads;

    await Promise.all(Array.from({ length: 20 }, () => request(path, { headers })));

    expect(reads - once).toBeLessThanOrEqual(2 * once);
  });
});
