/** A source: one Hub account. The token in its webhook address identifies it. */
import { timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { isReservedSource, type SourceId } from '../model/ids.ts';

/** 256 bits in base64url. Other strings are not looked up. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** The id is the first part of every order key, up to the first `/`. */
export const sourceIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
  .refine((id) => !isReservedSource(id), 'must not be a name of the relay’s own')
  .transform((id) => id as SourceId);

/** SHA-256 of the token in lower-case hexadecimal. The token itself is never stored. */
const tokenSha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');

export const sourceSchema = z.strictObject({
  id: sourceIdSchema,
  tokenSha256,
  /** The previous token. It is valid until `previousTokenUntil`, and not at all without that. */
  previousTokenSha256: tokenSha256.optional(),
  previousTokenUntil: z.iso
    .datetime('must be a time in UTC such as 2026-03-01T09:30:00Z')
    .transform((text) => new Date(text))
    .optional(),
  enabled: z.boolean().default(true),
  description: z.string().optional(),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
});

export type Source = z.output<typeof sourceSchema>;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * The enabled source with this token hash. All hashes are compared in constant time, so the duration reveals nothing
 * about a guess.
 */
export function findSource(sources: readonly Source[], sha256: string, now: Date): Source | undefined {
  let found: Source | undefined;
  for (const source of sources) {
    const isCurrent = isSame(source.tokenSha256, sha256);
    const isPrevious = isSame(source.previousTokenSha256 ?? source.tokenSha256, sha256);
    if (source.enabled && (isCurrent || (isPrevious && hasPreviousToken(source, now)))) found = source;
  }
  return found;
}

/** True while the previous address is still valid. */
export function hasPreviousToken({ previousTokenSha256, previousTokenUntil }: Source, now: Date): boolean {
  return previousTokenSha256 !== undefined && previousTokenUntil !== undefined && now < previousTokenUntil;
}

/** Both are hexadecimal and of the same length. */
function isSame(sha256: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(sha256, 'hex'), Buffer.from(other, 'hex'));
}
