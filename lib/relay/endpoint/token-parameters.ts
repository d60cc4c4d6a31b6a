/** The part `parameters` of an endpoint's `auth`: more parameters for the request of an OAuth 2.0 token. */
import * as z from '../model/zod.ts';
import { secretSchema } from './secret.ts';

export type TokenParameters = Readonly<Record<string, string>>;

/** Set by other parts of `auth`, or by the grant. */
const RESERVED = ['audience', 'client_id', 'client_secret', 'grant_type', 'scope'];
const NAME = /^[\x21-\x7e]{1,100}$/;
const LIMIT = 20;
const VALUE_LENGTH = 4_096;

/** Values by name. A value may be a reference to a secret. No error message contains a value. */
export const tokenParametersSchema = z.pipe(
  z.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'must be a map of names and values',
  }),
  z.transform((given, context): TokenParameters => {
    const entries: [string, unknown][] = Object.entries(given);
    const problems = entries.flatMap(([name, value]) => problemOf(name, value) ?? []);
    if (entries.length > LIMIT) problems.push(`must be ${LIMIT} at most`);
    // Stryker disable next-line StringLiteral: no code reads an issue's code
    for (const message of new Set(problems)) context.issues.push({ code: 'custom', message, input: given });
    return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
  }),
);

function problemOf(name: string, value: unknown): string | undefined {
  if (!NAME.test(name)) return 'must have names of 1 to 100 visible ASCII characters';
  if (RESERVED.includes(name)) return `must not have ${name}, which is set by another part of auth`;
  if (typeof value !== 'string') return `must have text as the value of ${name}`;
  if (value.length > VALUE_LENGTH)
    return `must have at most ${VALUE_LENGTH} characters as the value of ${name}`;
  const parsed = secretSchema.safeParse(value);
  if (parsed.success) return undefined;
  // Stryker disable next-line OptionalChaining: a failed parse has an issue
  return `must have a good value for ${name}, which ${parsed.error.issues[0]?.message}`;
}
