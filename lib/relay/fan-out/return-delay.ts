/** The visibility timeout of a message that fan-out returns to its queue. */

const FIRST_DELAY_SECONDS = 5;
const LONGEST_DELAY_SECONDS = 300;

/**
 * The delay doubles with each receive: 5, 10, 20, 40, 80 and 160 seconds, then 300. The first delays are short, because an
 * order waits. The long ones let an event that only the queue has survive an outage of the table: SQS moves a message to
 * the dead-letter queue at its 1,000th receive, after about three and a half days.
 *
 * @param receives counted from one, as SQS does in `ApproximateReceiveCount`
 */
export function returnDelaySeconds(receives: number): number {
  return Math.min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** (Math.max(1, receives) - 1));
}
