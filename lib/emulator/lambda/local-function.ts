/** A Lambda function on this machine. It starts execution environments as needed and reuses them. */
import pLimit, { type LimitFunction } from 'p-limit';
import { aborted } from '../../node/aborted.ts';
import { awaitAll } from '../../relay/model/await-all.ts';
import { Environment, type WriteLine } from './environment.ts';
import type { FunctionSettings, Outcome } from './invocation.ts';

/** An environment that is idle for longer is stopped, which frees its memory. */
const IDLE_LIMIT_MS = 5 * 60_000;

export interface LocalFunctionOptions {
  /** The maximum number of concurrent invocations; more wait in order. */
  readonly concurrency: number;
  readonly writeLine: WriteLine;
}

export class LocalFunction {
  readonly #settings: FunctionSettings;
  readonly #writeLine: WriteLine;
  readonly #limit: LimitFunction;
  readonly #running = new Set<Promise<Outcome>>();
  /** A stack: the environment used last is used next, so that surplus ones stay idle at the front. */
  readonly #idle: { readonly environment: Environment; readonly sinceMs: number }[] = [];
  readonly #environments = new Set<Environment>();
  readonly #reaper: NodeJS.Timeout;

  constructor(settings: FunctionSettings, { concurrency, writeLine }: LocalFunctionOptions) {
    this.#settings = settings;
    this.#writeLine = writeLine;
    this.#limit = pLimit(concurrency);
    this.#reaper = setInterval(() => this.#reap(), IDLE_LIMIT_MS).unref();
  }

  get arn(): string {
    return this.#settings.arn;
  }

  /** Runs the handler with an event, given as JSON. Never rejects. */
  invoke(event: string): Promise<Outcome> {
    return this.#limit(async () => {
      const run = this.#run(event);
      this.#running.add(run);
      const outcome = await run;
      this.#running.delete(run);
      return outcome;
    });
  }

  /** Waits for running invocations until the limit, then ends all environments. */
  async stop(limit: AbortSignal): Promise<void> {
    clearInterval(this.#reaper);
    await Promise.race([Promise.all(this.#running), aborted(limit)]);
    await awaitAll([...this.#environments].map((environment) => environment.stop()));
  }

  async #run(event: string): Promise<Outcome> {
    const environment = this.#takeIdle() ?? this.#start();
    const outcome = await environment.invoke(event);
    if (environment.isAlive) this.#idle.push({ environment, sinceMs: performance.now() });
    else this.#environments.delete(environment);
    if (outcome.kind === 'error') {
      this.#writeLine(
        JSON.stringify({ level: 'ERROR', message: 'Invocation failed', error: outcome.message }),
      );
    }
    return outcome;
  }

  #start(): Environment {
    const environment = new Environment(this.#settings, this.#writeLine);
    this.#environments.add(environment);
    return environment;
  }

  /** Skips an environment that ended while it was idle, because of work that its handler left running. */
  #takeIdle(): Environment | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.environment.isAlive) return idle.environment;
      this.#environments.delete(idle.environment);
    }
    return undefined;
  }

  /** Keeps one idle environment, so that the next invocation does not wait for a start. */
  #reap(): void {
    const [oldest] = this.#idle;
    if (oldest === undefined || this.#idle.length === 1) return;
    if (performance.now() - oldest.sinceMs < IDLE_LIMIT_MS) return;
    this.#idle.shift();
    this.#environments.delete(oldest.environment);
    void oldest.environment.stop();
    this.#reap();
  }
}
