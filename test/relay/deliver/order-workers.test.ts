import { describe, expect, it } from 'vitest';
import { OrderWorkers } from '../../../lib/relay/deliver/order-workers.ts';
import { everythingIsWaiting } from '../a-relay.ts';

/** Work that ends when the test says so. */
function heldWork() {
  const held: (() => void)[] = [];
  let started = 0;
  return {
    get started() {
      return started;
    },
    get running() {
      return held.length;
    },
    work: () => {
      started += 1;
      return new Promise<void>((resolve) => held.push(resolve));
    },
    async end() {
      held.shift()?.();
      await everythingIsWaiting();
    },
  };
}

/** True once the promise has settled. */
async function hasEnded(promise: Promise<unknown>): Promise<boolean> {
  const isOpen = Symbol('open');
  const result = await Promise.race([promise, everythingIsWaiting().then(() => isOpen)]);
  return result !== isOpen;
}

describe('work on orders', () => {
  it('runs at the same time on different orders', async () => {
    const workers = new OrderWorkers();
    const held = heldWork();

    workers.start('a', held.work);
    workers.start('b', held.work);

    expect(held.running).toBe(2);
    expect(workers.count).toBe(2);
    await held.end();
    expect(workers.count).toBe(1);
    await held.end();
    expect(workers.count).toBe(0);
  });

  it('runs once at a time on one order, and once more however often it was started meanwhile', async () => {
    const workers = new OrderWorkers();
    const held = heldWork();

    workers.start('a', held.work);
    workers.start('a', held.work);
    workers.start('a', held.work);
    expect(held).toMatchObject({ started: 1, running: 1 });
    await held.end();
    expect(held).toMatchObject({ started: 2, running: 1 });
    await held.end();
    expect(held).toMatchObject({ started: 2, running: 0 });
    expect(workers.count).toBe(0);
  });

  it('starts at once on an order whose work has ended', async () => {
    const workers = new OrderWorkers();
    const held = heldWork();
    workers.start('a', held.work);
    await held.end();

    workers.start('a', held.work);

    expect(held.running).toBe(1);
    await held.end();
    expect(held.started).toBe(2);
  });

  it('can be waited for until it has ended on one order', async () => {
    const workers = new OrderWorkers();
    const held = heldWork();
    workers.start('a', held.work);
    workers.start('b', held.work);
    const one = workers.oneHasEnded();
    expect(await hasEnded(one)).toBe(false);

    await held.end();

    expect(await hasEnded(one)).toBe(true);
    expect(await one).toBe(true);
    await held.end();
    expect(await workers.oneHasEnded()).toBe(false);
  });

  it('can be waited for until it has ended on all', async () => {
    const workers = new OrderWorkers();
    const held = heldWork();
    workers.start('a', held.work);
    workers.start('b', held.work);
    const all = workers.allHaveEnded();

    await held.end();
    expect(await hasEnded(all)).toBe(false);
    await held.end();
    expect(await hasEnded(all)).toBe(true);
  });
});
