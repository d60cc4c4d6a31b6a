/** A Lambda function on this machine: as many execution environments as run at once, each reused while it lives. */
import { settleAll } from '../../relay/model/settle-all.ts';
import { aborted } from '../aborted.ts';
import { Environment, type WriteLine } from './environment.ts';
import type { FunctionSettings, Outcome } from './invocation.ts';

/** How long an environment that is not needed keeps its memory. */
const IDLE_LIMIT_MS = 5 * 60_000;

export interface LocalFunctionOptions {
  /** How many invocations may run at once; more wait their turn. */
  readonly concurrency: number;
  readonly writeLine: WriteLine;
}

export class LocalFunction {
  readonly #settings: FunctionSettings;
  readonly #writeLine: WriteLine;
  readonly #running = new Set<Promise<Outcome>>();
  readonly #waiting: (() => void)[] = [];
  #freeSlots: number;
  /** The one that was used last is used first, so that the ones too many grow old at the front. */
  readonly #idle: { readonly environment: Environment; readonly sinceMs: number }[] = [];
  readonly #environments = new Set<Environment>();
  readonly #reaper: NodeJS.Timeout;

  constructor(settings: FunctionSettings, { concurrency, writeLine }: LocalFunctionOptions) {
    this.#settings = settings;
    this.#writeLine = writeLine;
    this.#freeSlots = concurrency;
    this.#reaper = setInterval(() => this.#reap(), IDLE_LIMIT_MS).unref();
  }

  get arn(): string {
    return this.#settings.arn;
  }

  /** Runs the handler with an event, given as JSON. Never rejects. */
  async invoke(event: string): Promise<Outcome> {
    await this.#slot();
    const run = this.#run(event);
    this.#running.add(run);
    const outcome = await run;
    this.#running.delete(run);
    this.#giveSlot();
    return outcome;
  }

  /** Waits for what runs until the limit, then gives back all memory. */
  async stop(limit: AbortSignal): Promise<void> {
    clearInterval(this.#reaper);
    await Promise.race([Promise.all(this.#running), aborted(limit)]);
    await settleAll([...this.#environments].map((environment) => environment.stop()));
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

  /** One that died while it was idle, of something it had left running, is passed over. */
  #takeIdle(): Environment | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.environment.isAlive) return idle.environment;
      this.#environments.delete(idle.environment);
    }
    return undefined;
  }

  /** One stays, so that the next invocation need not wait for a start. */
  #reap(): void {
    const [oldest] = this.#idle;
    if (oldest === undefined || this.#idle.length === 1) return;
    if (performance.now() - oldest.sinceMs < IDLE_LIMIT_MS) return;
    this.#idle.shift();
    this.#environments.delete(oldest.environment);
    void oldest.environment.stop();
    this.#reap();
  }

  async #slot(): Promise<void> {
    if (this.#freeSlots > 0) this.#freeSlots--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #giveSlot(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#freeSlots++;
  }
}
