/**
 * The Expressions port: runs JSONata in a separate process. The first expression starts the process, and a runaway
 * expression ends it. A thread is not enough, because one large allocation in a thread ends the whole process.
 */
import type { AnswerInput, ExpressionInput } from '../../relay/model/expression-input.ts';
import { EVALUATION_LIMIT_MS, type Evaluated } from '../../relay/ports/expressions.ts';
import type { ExpressionSession } from '../../relay/ports/operator.ts';
import { ExpressionEvaluator } from './expression-evaluator.ts';
import type { EvaluationAnswer, EvaluationJob } from './expression-messages.ts';

/** JSONata itself stops most runaway expressions a little earlier: see expression-thread.ts. */
const TIME_LIMIT_MS = 2_000;
/** An order of 6 MB, Lambda's maximum, needs about 40 MB when it is parsed. */
const MEMORY_LIMIT_MB = 96;
/** A runaway expression delays all others by the time limit. It is refused for this long, so that it does so once. */
const BLOCK_MS = 3 * 60_000;

const RAN_AWAY = 'it ran too long, or used too much memory';
const RAN_AWAY_BEFORE = `${RAN_AWAY}, a moment ago: it is left alone for three minutes`;
const TOO_MANY = 'other expressions took too long';
const TOO_DEEP = 'its input is nested too deeply';
const NOT_STARTED = 'the process that evaluates expressions could not be started';

export interface ProcessExpressionsOptions {
  readonly timeLimitMs?: number;
  readonly memoryLimitMb?: number;
}

export class ProcessExpressions implements ExpressionSession {
  readonly #timeLimitMs: number;
  readonly #memoryLimitMb: number;
  #evaluator: ExpressionEvaluator | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** The end of each runaway expression's block, on the monotonic clock. */
  readonly #blockedUntilMs = new Map<string, number>();

  constructor({
    timeLimitMs = TIME_LIMIT_MS,
    memoryLimitMb = MEMORY_LIMIT_MB,
  }: ProcessExpressionsOptions = {}) {
    this.#timeLimitMs = timeLimitMs;
    this.#memoryLimitMb = memoryLimitMb;
  }

  async evaluate(
    expression: string,
    input: ExpressionInput | AnswerInput,
    as: 'value' | 'boolean',
  ): Promise<Evaluated> {
    const json = jsonOf(input);
    if (json === undefined) return failure(TOO_DEEP);
    const untilMs = performance.now() + EVALUATION_LIMIT_MS;
    const evaluated = this.#last
      .then(() => this.#next({ expression, input: json, as }, untilMs))
      // `fork` throws when the machine has no resources for another process.
      .catch(() => failure(NOT_STARTED));
    this.#last = evaluated;
    this.#waiting += 1;
    this.#evaluator?.setBusy(true);
    const first = await inTime(evaluated, untilMs);
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#evaluator?.setBusy(false);
    return first;
  }

  /** Ends the process. */
  close(): void {
    this.#evaluator?.end();
  }

  async #next(job: EvaluationJob, untilMs: number): Promise<Evaluated> {
    if (performance.now() > untilMs) return failure(TOO_MANY);
    if (this.#isBlocked(job.expression)) return failure(RAN_AWAY_BEFORE);
    if (this.#evaluator?.isAlive !== true) this.#evaluator = new ExpressionEvaluator(this.#memoryLimitMb);
    const evaluator = this.#evaluator;
    if (!(await evaluator.ready())) return failure(NOT_STARTED);
    const answer = await evaluator.evaluate(job, this.#timeLimitMs);
    if (answer === undefined || (answer.kind === 'failure' && answer.ranAway))
      this.#blockedUntilMs.set(job.expression, performance.now() + BLOCK_MS);
    return answer === undefined ? failure(RAN_AWAY) : toEvaluated(answer);
  }

  #isBlocked(expression: string): boolean {
    const untilMs = this.#blockedUntilMs.get(expression);
    if (untilMs !== undefined && untilMs <= performance.now()) this.#blockedUntilMs.delete(expression);
    return this.#blockedUntilMs.has(expression);
  }
}

function failure(reason: string): Evaluated {
  return { kind: 'failure', reason };
}

/** Answers a caller at its deadline even if its evaluation has not started. The queue then skips that evaluation. */
function inTime(evaluated: Promise<Evaluated>, untilMs: number): Promise<Evaluated> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(failure(TOO_MANY)), untilMs - performance.now());
    void evaluated.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

function toEvaluated(answer: EvaluationAnswer): Evaluated {
  if (answer.kind === 'failure') return failure(answer.reason);
  return { kind: 'value', value: answer.json === undefined ? undefined : JSON.parse(answer.json) };
}

/** Every filter and transform of an event evaluates the same order, which may be large, so its JSON is cached. */
const orders = new WeakMap<object, string>();

/** Undefined when the input is nested too deeply for JSON.stringify. */
function jsonOf(input: ExpressionInput | AnswerInput): string | undefined {
  try {
    if (!('event' in input)) return JSON.stringify(input);
    const { order, ...rest } = input;
    const parts = JSON.stringify(rest);
    return order === undefined ? parts : `${parts.slice(0, -1)},"order":${orderJson(order)}}`;
  } catch {
    // A RangeError of the call stack. Parsed JSON causes no other error here.
    return undefined;
  }
}

function orderJson(order: unknown): string {
  if (typeof order !== 'object' || order === null) return JSON.stringify(order);
  const known = orders.get(order) ?? JSON.stringify(order);
  orders.set(order, known);
  return known;
}
