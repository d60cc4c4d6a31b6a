/** The evaluations that wait for the process: quick expressions in the order of their arrival, then slow ones. */
import type { Evaluated, EvaluateOptions } from '../../relay/ports/expressions.ts';
import type { EvaluationJob } from './expression-messages.ts';

export interface WaitingEvaluation {
  readonly job: Omit<EvaluationJob, 'timeoutMs'>;
  /** A request was sent already, and its result depends on this evaluation. So it goes first. */
  readonly isForAnswer: boolean;
  readonly options: EvaluateOptions;
  /** The process ended during an earlier evaluation, perhaps because of another expression. */
  readonly endedProcess: boolean;
  /** When it is postponed, on the monotonic clock. */
  readonly startsByMs: number;
  readonly resolve: (evaluated: Evaluated) => void;
}

interface Waiting {
  readonly evaluation: WaitingEvaluation;
  readonly timer: NodeJS.Timeout;
}

export class ExpressionQueue {
  readonly #durationOf: (expression: string) => number;
  #waiting: readonly Waiting[] = [];

  /** @param durationOf the last duration of a slow expression; 0 for all others */
  constructor(durationOf: (expression: string) => number) {
    this.#durationOf = durationOf;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Postpones the evaluation if nobody takes it in time. */
  add(evaluation: WaitingEvaluation, waitMs: number): void {
    const timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((each) => each.evaluation !== evaluation);
      evaluation.resolve({ kind: 'postponed' });
    }, waitMs);
    this.#waiting = [...this.#waiting, { evaluation, timer }];
  }

  /** The next evaluation: a quick one, or the least slow one. */
  take(): WaitingEvaluation | undefined {
    const [first, ...others] = this.#waiting;
    if (first === undefined) return undefined;
    const next = others.reduce(
      (best, each) => (this.#isBefore(each.evaluation, best.evaluation) ? each : best),
      first,
    );
    clearTimeout(next.timer);
    this.#waiting = this.#waiting.filter((each) => each !== next);
    return next.evaluation;
  }

  #isBefore(one: WaitingEvaluation, other: WaitingEvaluation): boolean {
    const [slowness, others] = [this.#slowness(one), this.#slowness(other)];
    return slowness < others || (slowness === others && one.isForAnswer && !other.isForAnswer);
  }

  #slowness({ job, endedProcess }: WaitingEvaluation): number {
    return endedProcess ? Number.POSITIVE_INFINITY : this.#durationOf(job.expression);
  }
}
