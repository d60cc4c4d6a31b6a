/** One execution environment of a function: a thread with its own `process.env` that runs one invocation at a time. */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { COMPILE_CACHE } from '../compile-cache.ts';
import {
  describeError,
  epochMs,
  type FunctionSettings,
  type Invocation,
  type Outcome,
} from './invocation.ts';

/** Lambda allows ten seconds for the import of a handler's file. A busy laptop may need more. */
const IMPORT_LIMIT_SECONDS = 30;

/** By default V8 lets short-lived garbage grow to 48 MB in each of about ten threads. */
const YOUNG_GENERATION_MB = 8;

/** Receives each line that a function writes to standard output and standard error. */
export type WriteLine = (line: string) => void;

export class Environment {
  readonly #settings: FunctionSettings;
  readonly #worker: Worker;
  readonly #imported: Promise<Outcome>;
  #settle: (outcome: Outcome) => void = () => {};
  #isAlive = true;

  constructor(settings: FunctionSettings, writeLine: WriteLine) {
    this.#settings = settings;
    this.#worker = startThread(settings, writeLine);
    this.#worker.on('message', (outcome: Outcome) => this.#settle(outcome));
    this.#worker.on('error', (error) => this.#end(describeError(error)));
    this.#worker.on('exit', () => this.#end('The function ended its own process'));
    this.#imported = this.#outcomeWithin(IMPORT_LIMIT_SECONDS, 'Import');
  }

  /** False when it cannot run another invocation. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /**
   * Runs one invocation. A timeout or the death of the thread is an error outcome, and ends the environment. Never
   * rejects.
   */
  async invoke(event: string): Promise<Outcome> {
    const imported = await this.#imported;
    if (imported.kind === 'error') {
      this.#end(imported.message);
      return imported;
    }
    const { timeoutSeconds } = this.#settings;
    const deadlineMs = epochMs() + timeoutSeconds * 1_000;
    const outcome = this.#outcomeWithin(timeoutSeconds, 'Task');
    const invocation: Invocation = { requestId: randomUUID(), event, deadlineMs };
    this.#worker.postMessage(invocation);
    return outcome;
  }

  async stop(): Promise<void> {
    this.#isAlive = false;
    await this.#worker.terminate();
  }

  #outcomeWithin(limitSeconds: number, what: string): Promise<Outcome> {
    return new Promise((resolve) => {
      const tooLate = () => this.#end(`${what} timed out after ${limitSeconds.toFixed(2)} seconds`);
      const timer = setTimeout(tooLate, limitSeconds * 1_000);
      this.#settle = (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      if (!this.#isAlive) this.#end('The execution environment is gone');
    });
  }

  #end(message: string): void {
    this.#isAlive = false;
    this.#settle({ kind: 'error', message });
    void this.#worker.terminate();
  }
}

function startThread(settings: FunctionSettings, writeLine: WriteLine): Worker {
  const worker = new Worker(new URL('./environment-thread.ts', import.meta.url), {
    workerData: settings,
    env: { ...settings.environment, ...environmentOfLambda(settings), ...COMPILE_CACHE },
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: settings.memoryMb,
      maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
    },
  });
  createInterface({ input: worker.stdout }).on('line', writeLine);
  createInterface({ input: worker.stderr }).on('line', writeLine);
  return worker;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
function environmentOfLambda({ name, memoryMb }: FunctionSettings): Record<string, string> {
  return {
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `[$LATEST]${randomUUID()}`,
  };
}
