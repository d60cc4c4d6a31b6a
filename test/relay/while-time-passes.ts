/** Moves a relay's clock in small steps, for work that sleeps on it. */
import { type aRelay, everythingIsWaiting } from './a-relay.ts';

/** @returns the result of the work, once it has ended */
export async function whileTimePasses<Result>(
  { clock }: Pick<ReturnType<typeof aRelay>, 'clock'>,
  work: Promise<Result>,
  stepMs = 50,
): Promise<Result> {
  let hasEnded = false;
  const ended = work.finally(() => {
    hasEnded = true;
  });
  // The caller handles the error below.
  ended.catch(() => {});
  for (;;) {
    await everythingIsWaiting();
    if (hasEnded) return ended;
    clock.advance(stepMs);
  }
}
