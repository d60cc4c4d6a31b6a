/** The secrets that webhooks are signed with, in the form that Standard Webhooks gives them. */
import { isReference, secretSchema } from './secret.ts';

const PREFIX = 'whsec_';
/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#symmetric */
const SHORTEST_BYTES = 24;
const LONGEST_BYTES = 64;

/** What a person is told a signing secret is. */
export const SIGNING_SECRET_FORM = `${PREFIX} and the base64 of ${SHORTEST_BYTES} to ${LONGEST_BYTES} bytes`;

/** One of an endpoint's signing secrets, or a reference to it. */
export const signingSecretSchema = secretSchema.refine(
  (text) => isReference(text) || signingKey(text) !== undefined,
  `must be ${SIGNING_SECRET_FORM}`,
);

/** The bytes that are signed with; undefined for what is no signing secret. */
export function signingKey(secret: string): Buffer | undefined {
  const base64 = secret.slice(PREFIX.length);
  const key = Buffer.from(base64, 'base64');
  // What Node passes over, in base64 that is none, would be the key of another library.
  const isWhole =
    secret.startsWith(PREFIX) && withoutPadding(key.toString('base64')) === withoutPadding(base64);
  return isWhole && key.length >= SHORTEST_BYTES && key.length <= LONGEST_BYTES ? key : undefined;
}

/** @param bytes from a source that nobody can guess, {@link SIGNING_SECRET_BYTES} of them */
export function toSigningSecret(bytes: Uint8Array): string {
  return PREFIX + Buffer.from(bytes).toString('base64');
}

/** As many as SHA-256 gives out: more would not be stronger. */
export const SIGNING_SECRET_BYTES = 32;

function withoutPadding(base64: string): string {
  return base64.replace(/=+$/, '');
}
