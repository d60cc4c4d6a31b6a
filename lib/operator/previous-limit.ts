/** The limit of replaced secrets and tokens that are still valid. Each keeps working until its grace period ends. */
import { MOST_PREVIOUS } from '../relay/endpoint/rotation.ts';
import { NotPossibleError } from './errors.ts';

/**
 * @param subject the beginning of the message: `the endpoint erp still signs with`
 * @param noun in the plural
 * @param valid the replaced ones that are still valid
 * @throws NotPossibleError when there is no place for another one
 */
export function checkPreviousCount(
  subject: string,
  noun: string,
  valid: readonly { readonly until: Date }[],
): void {
  if (valid.length < MOST_PREVIOUS) return;
  const earliest = new Date(Math.min(...valid.map(({ until }) => until.getTime())));
  throw new NotPossibleError(
    `${subject} ${valid.length} old ${noun}, and more are not possible`,
    `The first of them ends at ${earliest.toISOString()}. --now ends all old ${noun} at once.`,
  );
}
