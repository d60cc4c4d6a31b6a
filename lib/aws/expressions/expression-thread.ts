/** The thread of expression-process.ts: evaluates one expression at a time. */
import { parentPort } from 'node:worker_threads';
import jsonata from 'jsonata';
import { failureOf } from './expression-failure.ts';
import { type EvaluationAnswer, type EvaluationJob, READY } from './expression-messages.ts';

/** JSONata's limits. They stop most runaway expressions without ending the thread. */
const BOUNDS = {
  /** Milliseconds. */
  timeout: 1_500,
  /** Nested evaluations: recursive calls, and elements of a list. */
  stack: 20_000,
  /** Elements of a list. */
  sequence: 100_000,
};
/** Far larger than any request to an endpoint. */
const RESULT_LIMIT = 4 * 1024 * 1024;
/** Parsing an expression takes longer than evaluating it. A relay has few expressions. */
const CACHE_SIZE = 200;

const cache = new Map<string, jsonata.Expression>();
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
  const expression = cache.get(text) ?? jsonata(text, BOUNDS);
  if (!cache.has(text)) {
    const [oldest] = cache.keys();
    if (cache.size >= CACHE_SIZE && oldest !== undefined) cache.delete(oldest);
    cache.set(text, expression);
  }
  return expression;
}

/** An empty result is false. */
async function booleanOf(result: unknown): Promise<boolean> {
  return (await asBoolean.evaluate(undefined, { result })) === true;
}

/** JSONata's functions are objects that reference the whole input, so they are omitted. */
function withoutFunctions(_: string, value: unknown): unknown {
  const isFunction =
    typeof value === 'object' &&
    value !== null &&
    ('_jsonata_lambda' in value || '_jsonata_function' in value);
  return isFunction ? undefined : value;
}
