/** What a source is: one Hub account, known by the token in the address that was given to it. */
import { timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { isReservedSource, type SourceId } from '../model/ids.ts';

/** 256 bits in base64url. Whatever looks otherwise is nobody's token, and is not looked up. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** The id is the first part of every order key, up to the first `/`. */
export const sourceIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
  .refine((id) => !isReservedSource(id), 'must not be a name of the relay’s own')
  .transform((id) => id as SourceId);

/** Lower-case hexadecimal SHA-256 of a token. The token itself is never stored. */
const tokenSha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');

export const sourceSchema = z.strictObject({
  id: sourceIdSchema,
  tokenSha256,
  /** The token before, which works as well until the moment below, and not at all without one. */
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
 * The enabled source whose address has a token with this hash. Every hash is compared, each in the same time, so how
 * long it takes tells nothing of how near a guess has come.
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

/** Whether the address before works still. */
export function hasPreviousToken({ previousTokenSha256, previousTokenUntil }: Source, now: Date): boolean {
  return previousTokenSha256 !== undefined && previousTokenUntil !== undefined && now < previousTokenUntil;
}

/** Both are hexadecimal digits, and as many. */
function isSame(sha256: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(sha256, 'hex'), Buffer.from(other, 'hex'));
}
