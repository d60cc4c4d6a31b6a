/** When fan-out sees a message again that it gave back to its queue. */

const FIRST_DELAY_SECONDS = 5;
const LONGEST_DELAY_SECONDS = 300;

/**
 * How long a message stays hidden after it was received so many times without success: 5, 10, 20, 40, 80 and 160 seconds,
 * then 300. The first delays are short, because an order waits. The long ones let an event that only the queue holds
 * outlast an outage of the table: SQS moves a message away at its 1,000th receive, after about three days and a half.
 *
 * @param receives counted from one, as SQS does in `ApproximateReceiveCount`
 */
export function returnDelaySeconds(receives: number): number {
  return Math.min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** (Math.max(1, receives) - 1));
}
