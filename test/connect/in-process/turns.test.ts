import { describe, expect, it } from 'vitest';
import { Turns } from '../../../lib/connect/in-process/turns.ts';

describe('a pause', () => {
  it('ends at once while the time of the turn lasts', async () => {
    const { turns, otherWork } = await turnsAt(1_000);

    await turns.pause();

    expect(otherWork()).toBe(false);
  });

  it('lets other work run when the time is used up', async () => {
    const { turns, otherWork, pass } = await turnsAt(1_000);

    pass(10);
    await turns.pause();

    expect(otherWork()).toBe(true);
  });

  it('lets those who need little time share a turn', async () => {
    const { turns, pass } = await turnsAt(1_000);
    pass(10);
    const loop = countTurns();

    const ended = await Promise.all(
      Array.from({ length: 20 }, async () => {
        await turns.pause();
        pass(1);
        return loop.turn();
      }),
    );
    loop.stop();

    const inEach = [...Map.groupBy(ended, (turn) => turn).values()].map(({ length }) => length);
    expect(inEach).toEqual([10, 10]);
  });

  it('gives those who use up their time a turn each', async () => {
    const { turns, pass } = await turnsAt(1_000);
    pass(10);
    const loop = countTurns();

    const first = turns.pause().then(() => {
      pass(10);
      return loop.turn();
    });
    const second = turns.pause().then(() => loop.turn());

    expect(await second).toBeGreaterThan(await first);
    loop.stop();
  });
});

/** Turns whose first one has just begun. */
async function turnsAt(startMs: number) {
  let nowMs = startMs;
  const turns = new Turns(() => nowMs);
  await turns.pause();
  let hasRun = false;
  setImmediate(() => {
    hasRun = true;
  });
  return {
    turns,
    otherWork: () => hasRun,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

/** Counts the turns of the event loop. */
function countTurns() {
  let turn = 0;
  let next = setImmediate(count);
  function count() {
    turn += 1;
    next = setImmediate(count);
  }
  return { turn: () => turn, stop: () => clearImmediate(next) };
}
