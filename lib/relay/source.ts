/** What a source is: one Hub account, known by the token in the address that was given to it. */
import * as z from 'zod';
import { NOTICES, type SourceId, TESTS } from './ids.ts';

/** The id is the first part of every order key, up to the first `/`. */
export const sourceIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores')
  .refine(
    (id) => id !== NOTICES && id !== TESTS,
    `must not be ${NOTICES} or ${TESTS}: they are the relay’s own`,
  )
  .transform((id) => id as SourceId);

export const sourceSchema = z.strictObject({
  id: sourceIdSchema,
  /** Lower-case hexadecimal SHA-256 of the token. The token itself is never stored. */
  tokenSha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'),
  enabled: z.boolean().default(true),
  description: z.string().optional(),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
});

export type Source = z.output<typeof sourceSchema>;
