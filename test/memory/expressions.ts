/** The Expressions port in memory: each expression's text stands for what a test has it do. */
import type { AnswerInput, ExpressionInput } from '../../lib/relay/model/expression-input.ts';
import type { Evaluated, EvaluateOptions, Expressions } from '../../lib/relay/ports/expressions.ts';

/** A value, or an evaluation that failed. */
type Evaluate = (input: ExpressionInput) => unknown;

export class MemoryExpressions implements Expressions {
  /** In the order in which they were evaluated. */
  readonly evaluated: { readonly expression: string; readonly input: ExpressionInput | AnswerInput }[] = [];
  readonly #meanings = new Map<string, Evaluate>();
  readonly #judgements = new Map<string, (input: AnswerInput) => unknown>();

  readonly #postponed = new Map<string, number>();
  readonly #slow = new Set<string>();

  /** Other expressions take the time of the next evaluations of this one. */
  postpones(expression: string, times: number): void {
    this.#postponed.set(expression, times);
  }

  /** Such an expression is postponed for callers who have no time for it. */
  isSlow(expression: string): void {
    this.#slow.add(expression);
  }

  /** Says what an expression does; one that throws has failed, for that reason. */
  means(expression: string, evaluate: Evaluate): void {
    this.#meanings.set(expression, evaluate);
  }

  /** The same for an expression about an answer. */
  judges(expression: string, evaluate: (input: AnswerInput) => unknown): void {
    this.#judgements.set(expression, evaluate);
  }

  async evaluate(
    expression: string,
    input: ExpressionInput | AnswerInput,
    as: 'value' | 'boolean',
    { slowWaitMs }: EvaluateOptions = {},
  ): Promise<Evaluated> {
    const postponed = this.#postponed.get(expression) ?? 0;
    this.#postponed.set(expression, postponed - 1);
    if (postponed > 0 || (slowWaitMs === 0 && this.#slow.has(expression))) return { kind: 'postponed' };
    this.evaluated.push({ expression, input });
    const meaning = this.#meaningOf(expression, input);
    if (meaning === undefined) throw new Error(`nobody said what ${expression} means`);
    try {
      const value = meaning();
      return { kind: 'value', value: { value, boolean: Boolean(value) }[as] };
    } catch (error) {
      return { kind: 'failure', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  #meaningOf(expression: string, input: ExpressionInput | AnswerInput): (() => unknown) | undefined {
    if ('event' in input) {
      const meaning = this.#meanings.get(expression);
      return meaning && (() => meaning(input));
    }
    const judgement = this.#judgements.get(expression);
    return judgement && (() => judgement(input));
  }
}
