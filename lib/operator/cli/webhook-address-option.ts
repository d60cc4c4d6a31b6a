/** The webhook address of commands that send webhooks. */
import type { RelayDescription } from '../connection.ts';
import { InvalidInputError } from '../errors.ts';
import { readSavedAddress } from '../sources/saved-address.ts';
import type { Terminal } from './output.ts';

export const ADDRESS_OPTION =
  'send to this webhook address (default: RELAY_WEBHOOK_ADDRESS, or the saved address of a local relay)';

/** @throws InvalidInputError when no address is given and the relay has no saved one */
export async function webhookAddressFor(
  relay: RelayDescription,
  given: string | undefined,
  { environment }: Terminal,
): Promise<string> {
  const address = given ?? (environment.RELAY_WEBHOOK_ADDRESS || (await readSavedAddress(relay)));
  if (address !== undefined) return address;
  const problem = 'or RELAY_WEBHOOK_ADDRESS is required: the relay stores only a hash of the address';
  throw new InvalidInputError([{ attribute: 'address', problem }]);
}
