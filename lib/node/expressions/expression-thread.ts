/** The thread of expression-process.ts: evaluates one expression at a time. */
import { parentPort } from 'node:worker_threads';
import jsonata from 'jsonata';
import { failureOf } from './expression-failure.ts';
import { type EvaluationAnswer, type EvaluationJob, READY } from './expression-messages.ts';

/** JSONata's limits, with the job's timeout. They stop most runaway expressions without ending the thread. */
const BOUNDS = {
  /** Nested evaluations: recursive calls, and elements of a list. */
  stack: 20_000,
  /** Elements of a list. */
  sequence: 100_000,
};
/** Far larger than any request to an endpoint. */
const RESULT_LIMIT = 4 * 1024 * 1024;
/** Parsing an expression takes longer than evaluating it. A relay has few expressions. */
const CACHE_SIZE = 200;

interface Parsed {
  readonly expression: jsonata.Expression;
  /** JSONata reads it at each evaluation. */
  readonly bounds: { timeout: number };
}

const cache = new Map<string, Parsed>();
const asBoolean = jsonata('$boolean($result)');

parentPort?.on('message', async (job: EvaluationJob) => parentPort?.postMessage(await evaluate(job)));
parentPort?.postMessage(READY);

async function evaluate({ expression, input, as, timeoutMs }: EvaluationJob): Promise<EvaluationAnswer> {
  try {
    const known = parsed(expression);
    known.bounds.timeout = timeoutMs;
    const result: unknown = await known.expression.evaluate(JSON.parse(input));
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

function parsed(text: string): Parsed {
  const known = cache.get(text) ?? parse(text);
  if (!cache.has(text)) {
    const [oldest] = cache.keys();
    if (cache.size >= CACHE_SIZE && oldest !== undefined) cache.delete(oldest);
    cache.set(text, known);
  }
  return known;
}

function parse(text: string): Parsed {
  const bounds = { ...BOUNDS, timeout: 0 };
  return { expression: jsonata(text, bounds), bounds };
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
