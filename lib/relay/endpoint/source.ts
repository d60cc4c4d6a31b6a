/** A source: one Hub account. The token in its webhook address identifies it. */
import { timingSafeEqual } from 'node:crypto';
import { isReservedSource, type SourceId } from '../model/ids.ts';
import * as z from '../model/zod.ts';
import { MOST_PREVIOUS } from './rotation.ts';

/** 256 bits in base64url. Other strings are not looked up. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** The id is the first part of every order key, up to the first `/`. */
export const sourceIdSchema = z.pipe(
  z.string().check(
    z.regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
      'must be 1 to 64 letters, digits, dots, dashes or underscores',
    ),
    z.refine((id) => !isReservedSource(id), 'must not be a name of the relay’s own'),
  ),
  z.transform((id) => id as SourceId),
);

/** SHA-256 of the token in lower-case hexadecimal. The token itself is never stored. */
const tokenSha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'));

const text = z.optional(z.string());

export const sourceSchema = z.strictObject({
  id: sourceIdSchema,
  tokenSha256,
  /** Replaced tokens, newest first. Each is valid until its time. */
  previousTokens: z.optional(
    z
      .array(
        z.strictObject({
          tokenSha256,
          until: z.pipe(
            z.iso.datetime('must be a time in UTC such as 2026-03-01T09:30:00Z'),
            z.transform((text) => new Date(text)),
          ),
        }),
      )
      .check(z.maxLength(MOST_PREVIOUS, `must be at most ${MOST_PREVIOUS}`)),
  ),
  enabled: z._default(z.boolean(), true),
  description: text,
  createdAt: text,
  updatedAt: text,
});

export type Source = z.output<typeof sourceSchema>;
export type PreviousToken = NonNullable<Source['previousTokens']>[number];

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
    const valid = [source.tokenSha256, ...validPreviousTokens(source, now).map((one) => one.tokenSha256)];
    const matching = valid.filter((one) => isSame(one, sha256));
    if (source.enabled && matching.length > 0) found = source;
  }
  return found;
}

/** The replaced tokens whose grace period has not ended, newest first. */
// Stryker disable next-line ArrayDeclaration: an element without an end is left out
export function validPreviousTokens({ previousTokens = [] }: Source, now: Date): readonly PreviousToken[] {
  return previousTokens.filter(({ until }) => now < until);
}

/** Both are hexadecimal and of the same length. */
function isSame(sha256: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(sha256, 'hex'), Buffer.from(other, 'hex'));
}
