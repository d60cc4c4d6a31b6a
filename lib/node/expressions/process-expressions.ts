/**
 * The Expressions port: runs JSONata in a separate process. The first expression starts the process, and a runaway
 * expression ends it. A thread is not enough, because one large allocation in a thread ends the whole process.
 *
 * The process evaluates one expression at a time. Each expression first gets a quarter of a second. If it needs more, it is
 * evaluated again after all others, with its full time, and for three minutes it comes after all others at once.
 */
import type { AnswerInput, ExpressionInput } from '../../relay/model/expression-input.ts';
import { EVALUATION_LIMIT_MS, type Evaluated, type EvaluateOptions } from '../../relay/ports/expressions.ts';
import type { ExpressionSession } from '../../relay/ports/operator.ts';
import { ExpressionEvaluator } from './expression-evaluator.ts';
import type { EvaluationAnswer } from './expression-messages.ts';
import { ExpressionQueue, type WaitingEvaluation } from './expression-queue.ts';
import { inputJson } from './input-json.ts';
import { KnownExpressions } from './known-expressions.ts';

/** A native function of JSONata, such as a regular expression, cannot be stopped without ending the process. */
const TIME_LIMIT_MS = 2_000;
/** JSONata itself stops most runaway expressions. */
const FULL_TIMEOUT_MS = 1_500;
/** An expression that takes longer is slow. */
const QUICK_MS = 250;
const WAIT_LIMIT_MS = EVALUATION_LIMIT_MS - TIME_LIMIT_MS;
/** An order of 6 MB, Lambda's maximum, needs about 40 MB when it is parsed. */
const MEMORY_LIMIT_MB = 96;

const RAN_AWAY = 'it ran too long, or used too much memory';
const RAN_AWAY_BEFORE = `${RAN_AWAY}, a moment ago: it is left alone for three minutes`;
const TOO_DEEP = 'its input is nested too deeply';
const NOT_STARTED = 'the process that evaluates expressions could not be started';

type Evaluator = Pick<ExpressionEvaluator, 'isAlive' | 'ready' | 'evaluate' | 'end' | 'setBusy'>;

export interface ProcessExpressionsOptions {
  readonly timeLimitMs?: number;
  readonly memoryLimitMb?: number;
  /** How long an evaluation waits for others, and for the process to start, before it is postponed. */
  readonly waitLimitMs?: number;
  readonly startEvaluator?: (memoryMb: number) => Evaluator;
}

export class ProcessExpressions implements ExpressionSession {
  readonly #timeLimitMs: number;
  readonly #memoryLimitMb: number;
  readonly #waitLimitMs: number;
  readonly #startEvaluator: (memoryMb: number) => Evaluator;
  readonly #known = new KnownExpressions();
  readonly #queue = new ExpressionQueue((expression) => this.#known.durationOf(expression));
  #evaluator: Evaluator | undefined;
  /** The process has evaluated nothing yet. */
  #isProcessNew = true;
  #isRunning = false;

  constructor({
    timeLimitMs = TIME_LIMIT_MS,
    memoryLimitMb = MEMORY_LIMIT_MB,
    waitLimitMs = WAIT_LIMIT_MS,
    startEvaluator = (memoryMb) => new ExpressionEvaluator(memoryMb),
  }: ProcessExpressionsOptions = {}) {
    this.#timeLimitMs = timeLimitMs;
    this.#memoryLimitMb = memoryLimitMb;
    this.#waitLimitMs = waitLimitMs;
    this.#startEvaluator = startEvaluator;
  }

  async evaluate(
    expression: string,
    input: ExpressionInput | AnswerInput,
    as: 'value' | 'boolean',
    options: EvaluateOptions = {},
  ): Promise<Evaluated> {
    const json = inputJson(input);
    if (json === undefined) return failure(TOO_DEEP);
    if (this.#known.ranAway(expression)) return failure(RAN_AWAY_BEFORE);
    const startsByMs = performance.now() + this.#waitLimitMs;
    return new Promise((resolve) => {
      const job = { expression, input: json, as };
      this.#wait({
        ...{ job, options, startsByMs, resolve },
        isForAnswer: !('event' in input),
        endedProcess: false,
      });
      void this.#run();
    });
  }

  /** Ends the process. */
  close(): void {
    this.#evaluator?.end();
  }

  /** Puts an evaluation into the queue. It is postponed if it does not start in time. */
  #wait(evaluation: WaitingEvaluation): void {
    const isSlow = this.#known.durationOf(evaluation.job.expression) > 0;
    const { slowWaitMs } = evaluation.options;
    const leftMs = evaluation.startsByMs - performance.now();
    const waitMs = isSlow && slowWaitMs !== undefined ? Math.min(slowWaitMs, leftMs) : leftMs;
    if (waitMs <= 0) evaluation.resolve({ kind: 'postponed' });
    else this.#queue.add(evaluation, waitMs);
  }

  /** Evaluates one after the other until none waits. */
  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#queue.isWaiting) await this.#evaluateNext();
    this.#evaluator?.setBusy(false);
    this.#isRunning = false;
  }

  /** Takes the next one only when the process is ready: a more urgent one may have come meanwhile. */
  async #evaluateNext(): Promise<void> {
    const evaluator = this.#liveEvaluator();
    const isReady = (await evaluator?.ready()) ?? false;
    const next = this.#queue.take();
    if (next === undefined) return;
    if (evaluator === undefined || !isReady) next.resolve(failure(NOT_STARTED));
    else if (this.#known.ranAway(next.job.expression)) next.resolve(failure(RAN_AWAY_BEFORE));
    else await this.#evaluate(evaluator, next);
  }

  async #evaluate(evaluator: Evaluator, evaluation: WaitingEvaluation): Promise<void> {
    const { job, resolve } = evaluation;
    const { expression } = job;
    const isSlow = this.#known.durationOf(expression) > 0;
    const isProcessNew = this.#isProcessNew;
    this.#isProcessNew = false;
    const startedMs = performance.now();
    const timeoutMs = isSlow ? FULL_TIMEOUT_MS : QUICK_MS;
    const answer = await evaluator.evaluate({ ...job, timeoutMs }, this.#timeLimitMs);
    const durationMs = performance.now() - startedMs;
    if (answer.kind === 'ended' && !isProcessNew && !evaluation.endedProcess) {
      // The memory may have been taken by an expression before it.
      this.#wait({ ...evaluation, endedProcess: true });
    } else if (answer.kind === 'timeout' || answer.kind === 'ended') {
      this.#known.noteRunaway(expression, durationMs);
      resolve(failure(RAN_AWAY));
    } else if (answer.kind === 'failure' && answer.ranAway && !isSlow) {
      this.#known.noteSlow(expression, durationMs);
      this.#wait(evaluation);
    } else {
      if (answer.kind === 'failure' && answer.ranAway) this.#known.noteRunaway(expression, durationMs);
      else if (durationMs > QUICK_MS) this.#known.noteSlow(expression, durationMs);
      else this.#known.noteQuick(expression);
      resolve(toEvaluated(answer));
    }
  }

  /** Undefined when the machine has no resources for another process: then `fork` throws. */
  #liveEvaluator(): Evaluator | undefined {
    try {
      if (this.#evaluator?.isAlive !== true) {
        this.#evaluator = this.#startEvaluator(this.#memoryLimitMb);
        this.#isProcessNew = true;
      }
      this.#evaluator.setBusy(true);
      return this.#evaluator;
    } catch {
      return undefined;
    }
  }
}

function failure(reason: string): Evaluated {
  return { kind: 'failure', reason };
}

function toEvaluated(answer: EvaluationAnswer): Evaluated {
  if (answer.kind === 'failure') return failure(answer.reason);
  return { kind: 'value', value: answer.json === undefined ? undefined : JSON.parse(answer.json) };
}
