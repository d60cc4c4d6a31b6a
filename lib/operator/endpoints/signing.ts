/** Creates and rotates signing secrets. */
import { randomBytes } from 'node:crypto';
import { SIGNING_SECRET_BYTES, toSigningSecret } from '../../relay/endpoint/signing-secret.ts';
import { after } from '../../relay/model/clock.ts';
import type { Connection } from '../connection.ts';
import { NotPossibleError } from '../errors.ts';
import { changeEndpoint, type GivenAttributes } from './endpoints.ts';
import type { MaskedEndpoint } from './masked-endpoint.ts';

/** The caller shows it once. */
export function newSigningSecret(): string {
  return toSigningSecret(randomBytes(SIGNING_SECRET_BYTES));
}

/** The attributes that sign with this secret only. */
export function signingAttributes(secret: string): GivenAttributes {
  return { signingSecrets: [secret], previousSecretUntil: null };
}

/** @throws NotPossibleError when there is a signing secret: a second one would break the receiver's verification */
export function checkUnsigned(id: string, { signingSecrets }: GivenAttributes): void {
  if (signingSecrets === undefined) return;
  throw new NotPossibleError(
    `the endpoint ${id} already has a signing secret`,
    `\`endpoints rotate-secret ${id}\` replaces it and keeps the old one valid for a grace period.`,
  );
}

/**
 * Adds a new signing secret. During the grace period the relay signs with both secrets, so the receiver can switch at any
 * time.
 *
 * @param gracePeriodMs 0 removes the old secret at once
 * @throws NotFoundError
 * @throws NotPossibleError when there is no signing secret
 * @throws InvalidInputError
 */
export function rotateSecret(
  connection: Pick<Connection, 'configWriter' | 'clock'>,
  id: string,
  secret: string,
  gracePeriodMs: number,
): Promise<MaskedEndpoint> {
  return changeEndpoint(connection, id, ({ signingSecrets }) => {
    const old: unknown = Array.isArray(signingSecrets) ? signingSecrets[0] : undefined;
    if (old === undefined) {
      const hint = `\`endpoints set ${id} --sign\` adds a signing secret.`;
      throw new NotPossibleError(`the endpoint ${id} has no signing secret`, hint);
    }
    if (gracePeriodMs === 0) return signingAttributes(secret);
    const previousSecretUntil = after(connection.clock.now(), gracePeriodMs).toISOString();
    return { signingSecrets: [secret, old], previousSecretUntil };
  });
}
