/** Creates and rotates signing secrets. */
import { randomBytes } from 'node:crypto';
import {
  previousSecretsSchema,
  SIGNING_SECRET_BYTES,
  signingSecretSchema,
  toSigningSecret,
} from '../../relay/endpoint/signing-secret.ts';
import { after } from '../../relay/model/clock.ts';
import type { Connection } from '../connection.ts';
import { NotPossibleError } from '../errors.ts';
import { checkPreviousCount } from '../previous-limit.ts';
import { changeEndpoint, type GivenAttributes } from './endpoints.ts';
import type { MaskedEndpoint } from './masked-endpoint.ts';

/** The caller shows it once. */
export function newSigningSecret(): string {
  return toSigningSecret(randomBytes(SIGNING_SECRET_BYTES));
}

/** The attributes that sign with this secret only. */
export function signingAttributes(secret: string): GivenAttributes {
  return { signingSecret: secret, previousSigningSecrets: null };
}

/** @throws NotPossibleError when the endpoint has another signing secret: receivers still verify with that one */
export function checkUnsigned(id: string, { signingSecret }: GivenAttributes, given: GivenAttributes): void {
  if (typeof given.signingSecret !== 'string' || given.signingSecret === signingSecret) return;
  if (!signingSecretSchema.safeParse(signingSecret).success) return;
  throw new NotPossibleError(
    `the endpoint ${id} already has a signing secret`,
    `\`endpoints rotate-secret ${id}\` replaces it and keeps the old one valid for a grace period.`,
  );
}

/**
 * Replaces the signing secret. During the grace period the relay signs with both, so the receiver can switch at any time.
 * Secrets that were replaced earlier sign until their own grace periods end.
 *
 * @param gracePeriodMs 0 removes all old secrets at once
 * @throws NotFoundError
 * @throws NotPossibleError when there is no signing secret, it is the given one, or too many old ones are still valid
 * @throws InvalidInputError
 */
export function rotateSecret(
  connection: Pick<Connection, 'configWriter' | 'clock'>,
  id: string,
  secret: string,
  gracePeriodMs: number,
): Promise<MaskedEndpoint> {
  return changeEndpoint(connection, id, ({ signingSecret, previousSigningSecrets }) => {
    if (signingSecret === undefined) {
      const hint = `\`endpoints set ${id} --sign\` adds a signing secret.`;
      throw new NotPossibleError(`the endpoint ${id} has no signing secret`, hint);
    }
    if (signingSecret === secret)
      throw new NotPossibleError(
        `the endpoint ${id} already signs with this secret`,
        'Give another one, or leave out --signing-secret to generate one.',
      );
    if (gracePeriodMs === 0) return signingAttributes(secret);
    const now = connection.clock.now();
    const older = previousSecretsSchema.safeParse(previousSigningSecrets).data ?? [];
    const valid = older.filter((one) => one.until > now && one.secret !== secret);
    checkPreviousCount(`the endpoint ${id} still signs with`, 'secrets', valid);
    // An invalid secret never signed anything.
    const old = signingSecretSchema.safeParse(signingSecret).data;
    const replaced = old === undefined ? [] : [{ secret: old, until: after(now, gracePeriodMs) }];
    const previous = [...replaced, ...valid].map((one) => ({ ...one, until: one.until.toISOString() }));
    return { signingSecret: secret, previousSigningSecrets: previous.length === 0 ? null : previous };
  });
}
