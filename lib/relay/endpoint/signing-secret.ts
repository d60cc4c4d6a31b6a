/** Signing secrets in the format of Standard Webhooks. */
import * as z from '../model/zod.ts';
import { MOST_PREVIOUS } from './rotation.ts';
import { isReference, secretSchema } from './secret.ts';

const PREFIX = 'whsec_';
/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#symmetric */
const SHORTEST_BYTES = 24;
const LONGEST_BYTES = 64;

/** Describes the format in error messages. */
export const SIGNING_SECRET_FORM = `${PREFIX} and the base64 of ${SHORTEST_BYTES} to ${LONGEST_BYTES} bytes`;

/** One of an endpoint's signing secrets, or a reference to it. */
export const signingSecretSchema = secretSchema.check(
  z.refine((text) => isReference(text) || signingKey(text) !== undefined, `must be ${SIGNING_SECRET_FORM}`),
);

/** Secrets that were replaced, and until when each still signs. */
export const previousSecretsSchema = z
  .array(
    z.strictObject({
      secret: signingSecretSchema,
      until: z.pipe(
        z.iso.datetime({ offset: true, error: 'must be a time in ISO 8601' }),
        z.transform((text) => new Date(text)),
      ),
    }),
    { error: 'must be a list' },
  )
  .check(z.maxLength(MOST_PREVIOUS, `must be at most ${MOST_PREVIOUS}`));

/** The key in a signing secret; undefined when it is malformed. */
export function signingKey(secret: string): Buffer | undefined {
  const base64 = secret.slice(PREFIX.length);
  const key = Buffer.from(base64, 'base64');
  // Node ignores invalid base64 characters. Other libraries would read another key, so they are refused.
  const isWhole =
    secret.startsWith(PREFIX) && withoutPadding(key.toString('base64')) === withoutPadding(base64);
  return isWhole && key.length >= SHORTEST_BYTES && key.length <= LONGEST_BYTES ? key : undefined;
}

/** @param bytes {@link SIGNING_SECRET_BYTES} bytes from a cryptographically secure source */
export function toSigningSecret(bytes: Uint8Array): string {
  return PREFIX + Buffer.from(bytes).toString('base64');
}

/** The output size of SHA-256. A longer key is not stronger. */
export const SIGNING_SECRET_BYTES = 32;

function withoutPadding(base64: string): string {
  // Stryker disable next-line Regex: Node reads nothing after the first padding
  return base64.replace(/=+$/, '');
}
