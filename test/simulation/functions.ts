/** Runs functions the way Lambda does: in environments that are kept warm, each invocation cut off at its timeout. */

import { Config } from '../../lib/relay/config.ts';
import type { RelayContext } from '../../lib/relay/context.ts';
import { Deadline } from '../../lib/relay/model/clock.ts';
import type { OwedItem } from '../../lib/relay/ports/event-log.ts';
import type { SecretCache } from '../../lib/relay/secrets/secret-cache.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { secretCacheOf } from './credentials.ts';
import { Environment } from './environment.ts';
import type { Filter } from './filter.ts';
import { configTableOf, eventLogOf, type Tables } from './ports.ts';
import { Process } from './process.ts';
import type { Receivers } from './receivers.ts';

const HOUR_MS = 60 * 60_000;

export interface Shared extends Tables {
  readonly receivers: Receivers;
  readonly filter: Filter;
  /** The clocks of two functions differ by up to twice this. */
  readonly skewMs: number;
  /** How far ahead all clocks are. */
  readonly aheadMs: () => number;
  readonly note: (text: string) => void;
  readonly queues: (process: Process) => Pick<RelayContext, 'eventQueue' | 'deliveryQueue'>;
}

interface Warm {
  readonly environment: Environment;
  readonly config: Config;
  readonly secretCache: SecretCache;
  current: Process;
}

export class SimulatedFunction {
  readonly timeoutMs: number;
  readonly #shared: Shared;
  readonly #name: string;
  readonly #staleIndex = new Map<string, OwedItem[]>();
  #warm: Warm[] = [];
  running = 0;
  timeouts = 0;

  constructor(shared: Shared, name: string, timeoutMs: number) {
    this.#shared = shared;
    this.#name = name;
    this.timeoutMs = timeoutMs;
  }

  /** `onEnd` gets what the function gave back, or `died` when it died or failed. */
  invoke<Result>(
    run: (relay: RelayContext, deadline: Deadline, process: Process) => Promise<Result>,
    onEnd: (result: Result | 'died') => void,
  ): void {
    const { scheduler, receivers, queues, filter, note } = this.#shared;
    this.running += 1;
    const kept = this.#takeWarm();
    const environment = kept?.environment ?? this.#newEnvironment();
    const process = new Process(this.#name, environment, this.#shared);
    environment.onDeath = (reason) => {
      if (!process.isRunning) return;
      note(`${this.#name} died ${reason}`);
      process.faultsMet += 1;
      process.end();
      this.running -= 1;
      onEnd('died');
    };
    const warm = kept ?? this.#warmUp(environment, process);
    warm.current = process;
    environment.thaw?.();
    environment.thaw = undefined;
    scheduler.after(this.timeoutMs, () => this.#killAtTimeout(process));
    const relay: RelayContext = {
      clock: process.clock,
      random: scheduler.random,
      telemetry: new MemoryTelemetry(),
      config: warm.config,
      secretCache: warm.secretCache,
      eventLog: eventLogOf(process, this.#shared, this.#staleIndex),
      sender: { post: (request) => receivers.post(process, request) },
      expressions: filter.asSeenBy(process),
      ...queues(process),
    };
    const end = (result: Result | 'died') => {
      if (!process.isRunning) return;
      process.end();
      this.running -= 1;
      this.#keepWarm(warm);
      onEnd(result);
    };
    run(relay, new Deadline(process.clock, this.timeoutMs), process).then(end, (error: unknown) => {
      note(`${this.#name} failed: ${error}`);
      end('died');
    });
  }

  #killAtTimeout(process: Process): void {
    if (!process.isRunning) return;
    this.timeouts += 1;
    process.die('by timeout');
  }

  #takeWarm(): Warm | undefined {
    // Leftover work may have killed it meanwhile.
    this.#warm = this.#warm.filter(({ environment }) => !environment.isDead);
    if (this.#warm.length > 0 && this.#shared.faults.strikes('cold start'))
      this.#warm.pop()?.environment.die('idle');
    return this.#warm.pop();
  }

  #newEnvironment(): Environment {
    const { scheduler, faults, skewMs, aheadMs } = this.#shared;
    return new Environment(scheduler, faults, scheduler.between(-skewMs, skewMs), this.timeoutMs, aheadMs);
  }

  #warmUp(environment: Environment, process: Process): Warm {
    const { scheduler, faults, note } = this.#shared;
    const warm: Warm = {
      environment,
      current: process,
      secretCache: secretCacheOf(environment, scheduler, faults),
      config: new Config(
        configTableOf(() => warm.current, this.#shared),
        environment.clock,
        new MemoryTelemetry(),
      ),
    };
    environment.onPause = (durationMs) => {
      warm.current.faultsMet += 1;
      note(`${this.#name} is paused for ${Math.round(durationMs)} ms`);
    };
    return warm;
  }

  /** Calls that are still under way go on at once, with the next invocation, or later; or the environment ends with them. */
  #keepWarm(warm: Warm): void {
    const { scheduler, faults, note } = this.#shared;
    const { environment, current } = warm;
    if (environment.callsUnderWay === 0) {
      this.#warm.push(warm);
      return;
    }
    if (!faults.strikes('work outlived its function')) {
      environment.die('with calls under way');
      return;
    }
    current.faultsMet += 1;
    const goesOn = scheduler.pick(['at once', 'with the next invocation', 'later']);
    note(`${this.#name} left ${environment.callsUnderWay} calls; they go on ${goesOn}`);
    if (goesOn === 'later') {
      const goOn = environment.stop(scheduler.chance(0.5));
      faults.leftoverWork += 1;
      scheduler.after(scheduler.between(1_000, HOUR_MS), () => {
        faults.leftoverWork -= 1;
        faults.leftoverWorkAtMs = scheduler.nowMs;
        goOn();
        this.#warm.push(warm);
      });
      return;
    }
    if (goesOn === 'with the next invocation') {
      const goOn = environment.stop(scheduler.chance(0.5));
      environment.thaw = () => {
        faults.leftoverWorkAtMs = scheduler.nowMs;
        goOn();
      };
    }
    this.#warm.push(warm);
  }
}
