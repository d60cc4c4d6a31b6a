import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProcessExpressions } from '../../../lib/node/expressions/process-expressions.ts';
import type { AnswerInput, ExpressionInput } from '../../../lib/relay/model/expression-input.ts';
import {
  EVALUATION_LIMIT_MS,
  type Evaluated,
  type EvaluateOptions,
} from '../../../lib/relay/ports/expressions.ts';
import { FakeEvaluator } from './an-evaluator.ts';

const INPUT: ExpressionInput = {
  event: { id: 'evt_1', source: 'main', receivedAt: '2026-03-01T12:00:00.000Z' },
  changes: [],
};
const ANSWER: AnswerInput = { status: 200, headers: {}, body: 'ok' };
const TRUE = { kind: 'value', value: true };
const POSTPONED = { kind: 'postponed' };
const RAN_AWAY = { kind: 'failure', reason: expect.stringMatching(/^it ran too long/) };
const SLOW = Array.from({ length: 10 }, (_, n) => `slow 1400 of ${n}`);

beforeEach(() => {
  vi.useFakeTimers();
  FakeEvaluator.begun.splice(0);
  FakeEvaluator.starts = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

function aSession() {
  const expressions = new ProcessExpressions({ startEvaluator: () => new FakeEvaluator() });
  /** The results of evaluations that begin together, and when each ended. */
  async function evaluateAll(texts: readonly string[], options: EvaluateOptions = {}) {
    const startedMs = performance.now();
    const ended: { readonly result: Evaluated; readonly afterMs: number }[] = [];
    const all = texts.map(async (text, n) => {
      const result = await expressions.evaluate(text, INPUT, 'boolean', options);
      ended[n] = { result, afterMs: performance.now() - startedMs };
    });
    await vi.advanceTimersByTimeAsync(60_000);
    await Promise.all(all);
    return ended;
  }
  const results = async (texts: readonly string[], options: EvaluateOptions = {}) =>
    (await evaluateAll(texts, options)).map(({ result }) => result);
  return { expressions, evaluateAll, results };
}

describe('slow expressions', () => {
  it('come after quick ones that wait behind them, also the first time', async () => {
    const { evaluateAll } = aSession();

    const ended = await evaluateAll([...SLOW, 'quick', 'quick too']);

    expect(ended.slice(-2).map(({ result }) => result)).toEqual([TRUE, TRUE]);
    // The process starts, and ten expressions turn out to be slow.
    expect(ended.at(-1)?.afterMs).toBe(200 + 10 * 250 + 2);
  });

  it('are postponed when others took the time, and never fail for it', async () => {
    const { results } = aSession();

    const found = await results(SLOW);

    expect(found.filter((each) => each.kind === 'failure')).toEqual([]);
    expect(found).toContainEqual(TRUE);
    expect(found).toContainEqual(POSTPONED);
  });

  it('delay quick ones no more once they are known', async () => {
    const { evaluateAll } = aSession();
    await evaluateAll(SLOW);

    const ended = await evaluateAll([...SLOW, 'quick']);

    expect(ended.at(-1)).toEqual({ result: TRUE, afterMs: 1 });
  });

  it('that are least slow come first', async () => {
    const { results } = aSession();
    await results(['slow 1400', 'slow 300', 'slow 700']);
    FakeEvaluator.begun.splice(0);

    await results(['slow 1400', 'slow 300', 'slow 700', 'quick']);

    expect(FakeEvaluator.begun).toEqual(['quick', 'slow 300', 'slow 700', 'slow 1400']);
  });

  it('are evaluated when nothing else waits', async () => {
    const { results } = aSession();

    expect(await results(['slow 1400'])).toEqual([TRUE]);
    expect(await results(['slow 1400'], { slowWaitMs: 1_000 })).toEqual([TRUE]);
  });

  it('wait only as long as the caller says', async () => {
    const { evaluateAll } = aSession();
    await evaluateAll(SLOW);

    const ended = await evaluateAll(SLOW, { slowWaitMs: 1_000 });

    expect(ended.filter(({ result }) => result.kind === 'value')).toHaveLength(1);
    expect(Math.max(...ended.map(({ afterMs }) => afterMs))).toBeLessThanOrEqual(1_600);
  });

  it('are postponed at once for a caller that has no time for them, and cost it a quarter of a second to be known', async () => {
    const { evaluateAll } = aSession();

    const [first] = await evaluateAll(['slow 1400'], { slowWaitMs: 0 });
    const [second] = await evaluateAll(['slow 1400'], { slowWaitMs: 0 });

    expect(first).toEqual({ result: POSTPONED, afterMs: 450 });
    expect(second).toEqual({ result: POSTPONED, afterMs: 0 });
  });

  it('get another chance to be quick after three minutes', async () => {
    const { results } = aSession();
    await results(['slow 1400']);
    await vi.advanceTimersByTimeAsync(3 * 60_000);
    FakeEvaluator.begun.splice(0);

    await results(['slow 1400', 'quick']);

    expect(FakeEvaluator.begun).toEqual(['slow 1400', 'quick', 'slow 1400']);
  });

  it('come after expressions about answers, because their requests were sent', async () => {
    const { expressions } = aSession();

    const all = [
      expressions.evaluate('quick', INPUT, 'boolean'),
      expressions.evaluate('about an answer', ANSWER, 'boolean'),
    ];
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all(all);

    expect(FakeEvaluator.begun).toEqual(['about an answer', 'quick']);
  });

  it.each([1_500, 1_501, 10_000])(
    'that need %i ms end like those that run away, or just in time',
    async (ms) => {
      const { results } = aSession();

      expect(await results([`slow ${ms}`])).toEqual([ms > 1_500 ? RAN_AWAY : TRUE]);
      expect(FakeEvaluator.starts).toBe(1);
    },
  );
});

describe('runaway expressions', () => {
  it('fail no other evaluation that waits: it is made in the next process', async () => {
    const { results } = aSession();

    const found = await results(['endless', 'quick', 'memory', 'quick too']);

    expect(found).toEqual([RAN_AWAY, TRUE, RAN_AWAY, TRUE]);
  });

  it('postpone the others when there are many, and never fail them', async () => {
    const { evaluateAll } = aSession();
    const endless = Array.from({ length: 20 }, (_, n) => `endless ${n}`);

    const ended = await evaluateAll([...endless, 'quick']);

    expect(ended.at(0)?.result).toEqual(RAN_AWAY);
    expect(ended.at(-1)?.result).toEqual(POSTPONED);
    expect(Math.max(...ended.map(({ afterMs }) => afterMs))).toBeLessThanOrEqual(EVALUATION_LIMIT_MS);
  });

  it('are left alone for three minutes, whoever else evaluates them', async () => {
    const { evaluateAll } = aSession();

    const together = await evaluateAll(['endless', 'endless', 'quick']);
    const [again] = await evaluateAll(['endless']);
    await vi.advanceTimersByTimeAsync(3 * 60_000);
    const [later] = await evaluateAll(['endless']);

    expect(together.map(({ result }) => result)).toEqual([RAN_AWAY, RAN_AWAY, TRUE]);
    expect(again).toEqual({ result: RAN_AWAY, afterMs: 0 });
    expect(later?.afterMs).toBe(2_000);
  });

  it('that used up the memory are evaluated again in a new process, because another expression may have used it', async () => {
    const { results } = aSession();
    await results(['quick']);

    expect(await results(['memory'])).toEqual([RAN_AWAY]);
    expect(FakeEvaluator.begun).toEqual(['quick', 'memory', 'memory']);
  });
});

describe('a process that takes long to start', () => {
  it('postpones evaluations, and fails none', async () => {
    vi.spyOn(FakeEvaluator.prototype, 'ready').mockReturnValue(new Promise(() => {}));
    const { results } = aSession();

    expect(await results(['quick', 'slow 1400'])).toEqual([POSTPONED, POSTPONED]);
    vi.restoreAllMocks();
  });
});
