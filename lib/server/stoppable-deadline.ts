/** A deadline that is over at once when the relay stops. Running requests end in their own time. */
import { type Clock, Deadline } from '../relay/model/clock.ts';

export class StoppableDeadline extends Deadline {
  readonly #stopping: AbortSignal;

  constructor(clock: Clock, remainingMs: number, stopping: AbortSignal) {
    super(clock, remainingMs);
    this.#stopping = stopping;
  }

  override get remainingMs(): number {
    return this.#stopping.aborted ? 0 : super.remainingMs;
  }
}
