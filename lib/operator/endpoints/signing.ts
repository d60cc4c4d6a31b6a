/** What an operator does with the secrets that webhooks are signed with. */
import { randomBytes } from 'node:crypto';
import { SIGNING_SECRET_BYTES, toSigningSecret } from '../../relay/endpoint/signing-secret.ts';
import { after } from '../../relay/model/clock.ts';
import type { Connection } from '../connection.ts';
import { NotPossibleError } from '../errors.ts';
import { changeEndpoint, type GivenAttributes } from './endpoints.ts';
import type { MaskedEndpoint } from './masked-endpoint.ts';

/** To be shown once. */
export function newSigningSecret(): string {
  return toSigningSecret(randomBytes(SIGNING_SECRET_BYTES));
}

/** The attributes of an endpoint whose webhooks are signed with this secret, and with no other. */
export function signedWith(secret: string): GivenAttributes {
  return { signingSecrets: [secret], previousSecretUntil: null };
}

/** @throws NotPossibleError when the endpoint's webhooks are signed already: whoever verifies them would be cut off */
export function refuseSecondSecret(id: string, { signingSecrets }: GivenAttributes): void {
  if (signingSecrets === undefined) return;
  throw new NotPossibleError(
    `what ${id} gets is signed already`,
    `\`endpoints rotate-secret ${id}\` gives it another secret, and leaves time for the change.`,
  );
}

/**
 * Puts a secret before the one that an endpoint has. For a while, webhooks are signed with both: whoever verifies them
 * can change over at any time.
 *
 * @param keepOldMs for how long; 0 for not at all
 * @throws NotFoundError
 * @throws NotPossibleError when there is no secret yet
 * @throws InvalidInputError
 */
export function rotateSecret(
  connection: Pick<Connection, 'configWriter' | 'clock'>,
  id: string,
  secret: string,
  keepOldMs: number,
): Promise<MaskedEndpoint> {
  return changeEndpoint(connection, id, ({ signingSecrets }) => {
    const old: unknown = Array.isArray(signingSecrets) ? signingSecrets[0] : undefined;
    if (old === undefined) {
      const hint = `\`endpoints set ${id} --sign\` gives it a first secret.`;
      throw new NotPossibleError(`what ${id} gets is not signed`, hint);
    }
    if (keepOldMs === 0) return signedWith(secret);
    const previousSecretUntil = after(connection.clock.now(), keepOldMs).toISOString();
    return { signingSecrets: [secret, old], previousSecretUntil };
  });
}
