/** Corrects the due times that functions wrote while their clock was ahead, for example by a year. */

import type { SweepContext } from '../context.ts';
import { awaitAll } from '../model/await-all.ts';
import { ANY_TIME, firstTooFarAhead } from '../model/clock.ts';
import { LIST_LIMIT } from './sweep-events.ts';

/** Such work is rare, so that one query per list in ten minutes is enough. */
const EVERY_MINUTES = 10;

/** True in one minute of ten: sweep runs every minute. */
export function isTimeToCorrect(now: Date): boolean {
  return now.getUTCMinutes() % EVERY_MINUTES === 0;
}

/**
 * Makes work due that is due further ahead than the relay plans. The next sweep finds it like other overdue work.
 *
 * @param longestMs the longest time ahead for which the relay schedules work of this list
 * @param mayContinue called before each page
 */
export async function makeDueIfTooFarAhead(
  { clock, eventLog, telemetry }: SweepContext,
  list: string,
  longestMs: number,
  mayContinue: () => boolean,
): Promise<void> {
  while (mayContinue()) {
    const now = clock.now();
    const page = await eventLog.owed(list, ANY_TIME, LIST_LIMIT, firstTooFarAhead(now, longestMs));
    if (page.length === 0) return;
    const corrected = await awaitAll(page.map((item) => eventLog.postpone(item, now)));
    const items = corrected.filter(Boolean).length;
    telemetry.warn('work was scheduled by a clock that was ahead; it is due now', { list, items });
    if (page.length < LIST_LIMIT || items === 0) return;
  }
}
