import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { anEvent } from '../ports/builders.ts';
import { useSqlite } from './stores.ts';

const sqlite = useSqlite();

/** Two stores on one file, as the relay and the CLI have it. */
function twoStores() {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const relay = sqlite.open();
  const cli = sqlite.open({ file: relay.file, mode: 'operate' });
  const haveHappened = () => {
    vi.advanceTimersByTime(1);
    return relay.foreignChanges.haveHappened();
  };
  return { relay, cli, haveHappened };
}

describe('changes of another program', () => {
  it('are noticed once', async () => {
    const { cli, haveHappened } = twoStores();
    expect(haveHappened()).toBe(false);

    for (let round = 0; round < 2; round++) {
      await cli.configWriter.add('endpoint', `erp-${round}`, {});
      expect([haveHappened(), haveHappened()]).toEqual([true, false]);
    }
  });

  it('are none of the program’s own', async () => {
    const { relay, haveHappened } = twoStores();

    await relay.eventLog.putEvent(anEvent(), relay.clock.now());

    expect(haveHappened()).toBe(false);
  });

  it('are noticed in the next millisecond when one has looked in this one', async () => {
    const { relay, cli, haveHappened } = twoStores();
    expect(haveHappened()).toBe(false);

    await cli.configWriter.add('endpoint', 'erp', {});

    expect(relay.foreignChanges.haveHappened()).toBe(false);
    expect([haveHappened(), haveHappened()]).toEqual([true, false]);
  });
});
