/** Invokes functions at a fixed rate, as EventBridge Scheduler does. */
import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID, arn, REGION } from './account.ts';
import type { LocalFunction } from './lambda/local-function.ts';
import type { ScheduleDefinition } from './template/schedule.ts';

export class ScheduleClock {
  readonly #schedule: ScheduleDefinition;
  readonly #target: LocalFunction;
  #timer: NodeJS.Timeout | undefined;

  constructor(schedule: ScheduleDefinition, target: LocalFunction) {
    this.#schedule = schedule;
    this.#target = target;
  }

  /** Invokes the target now, because work became due while the relay was stopped, and then at the fixed rate. */
  start(): void {
    this.#timer = setInterval(() => void this.run(), this.#schedule.everySeconds * 1_000);
    void this.run();
  }

  /** Invokes the target once, and waits for it. */
  async run(): Promise<void> {
    await this.#target.invoke(this.#schedule.input ?? JSON.stringify(scheduledEvent(this.#schedule.name)));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** EventBridge Scheduler sends this event when the schedule has no input. */
function scheduledEvent(name: string): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: ACCOUNT_ID,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: REGION,
    resources: [arn('scheduler', `schedule/default/${name}`)],
    detail: '{}',
  };
}
