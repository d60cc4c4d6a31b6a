/** An evaluator without a process: each expression takes the time that its text says. Time is that of fake timers. */
import type { EvaluatorResult } from '../../../lib/node/expressions/expression-evaluator.ts';
import type { EvaluationJob } from '../../../lib/node/expressions/expression-messages.ts';

const STARTS_IN_MS = 200;

/** `slow 1400` takes 1.4 s, `endless` never ends, `memory` ends the process; all others take a millisecond. Filters that `refuse` are false. */
export class FakeEvaluator {
  /** The expressions of all processes, in the order in which their evaluations began. */
  static readonly begun: string[] = [];
  static starts = 0;
  readonly #started = sleep(STARTS_IN_MS);
  isAlive = true;

  constructor() {
    FakeEvaluator.starts += 1;
  }

  async ready(): Promise<boolean> {
    await this.#started;
    return true;
  }

  async evaluate({ expression, timeoutMs }: EvaluationJob, limitMs: number): Promise<EvaluatorResult> {
    FakeEvaluator.begun.push(expression);
    if (expression.startsWith('endless')) {
      await sleep(limitMs);
      this.isAlive = false;
      return { kind: 'timeout' };
    }
    if (expression.startsWith('memory')) {
      await sleep(50);
      this.isAlive = false;
      return { kind: 'ended' };
    }
    const takesMs = Number(/^slow (\d+)/.exec(expression)?.[1] ?? 1);
    await sleep(Math.min(takesMs, timeoutMs));
    return takesMs > timeoutMs
      ? { kind: 'failure', reason: 'it ran too long', ranAway: true }
      : { kind: 'value', json: String(!expression.includes('refuses')) };
  }

  end(): void {
    this.isAlive = false;
  }

  setBusy(): void {}
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
