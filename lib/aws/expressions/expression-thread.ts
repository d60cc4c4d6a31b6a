/** Evaluates expressions, one at a time: the thread of expression-process.ts. */
import { parentPort } from 'node:worker_threads';
import jsonata from 'jsonata';
import { failureOf } from './expression-failure.ts';
import { type EvaluationAnswer, type EvaluationJob, READY } from './expression-messages.ts';

/** JSONata's own bounds: they end most of what runs away, and the thread lives on. */
const BOUNDS = {
  /** Milliseconds. */
  timeout: 1_500,
  /** Evaluations begun and not ended: those of a function that calls itself, but of a list's elements as well. */
  stack: 20_000,
  /** Elements of a list. */
  sequence: 100_000,
};
/** Far more than is ever sent; what is longer is not worth being handed over. */
const RESULT_LIMIT = 4 * 1024 * 1024;
/** Expressions are few, and parsing one takes longer than evaluating it. */
const KEPT = 200;

const kept = new Map<string, jsonata.Expression>();
const asBoolean = jsonata('$boolean($result)');

parentPort?.on('message', async (job: EvaluationJob) => parentPort?.postMessage(await evaluate(job)));
parentPort?.postMessage(READY);

async function evaluate({ expression, input, as }: EvaluationJob): Promise<EvaluationAnswer> {
  try {
    const result: unknown = await parsed(expression).evaluate(JSON.parse(input));
    const value: unknown = as === 'boolean' ? await booleanOf(result) : result;
    const json = JSON.stringify(value, withoutFunctions);
    if (json === undefined) return { kind: 'value' };
    return json.length > RESULT_LIMIT
      ? { kind: 'failure', reason: 'it gives more than is ever sent', ranAway: false }
      : { kind: 'value', json };
  } catch (error) {
    return failureOf(error);
  }
}

function parsed(text: string): jsonata.Expression {
  const expression = kept.get(text) ?? jsonata(text, BOUNDS);
  if (!kept.has(text)) {
    const [oldest] = kept.keys();
    if (kept.size >= KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(text, expression);
  }
  return expression;
}

/** What is nothing is false. */
async function booleanOf(result: unknown): Promise<boolean> {
  return (await asBoolean.evaluate(undefined, { result })) === true;
}

/** JSONata's functions are objects that hold the whole input. */
function withoutFunctions(_: string, value: unknown): unknown {
  const isFunction =
    typeof value === 'object' &&
    value !== null &&
    ('_jsonata_lambda' in value || '_jsonata_function' in value);
  return isFunction ? undefined : value;
}
