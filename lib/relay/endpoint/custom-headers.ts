/** The attribute `headers` of an endpoint's row: headers that are added to each request. */
import * as z from '../model/zod.ts';
import { faultOfName, HEADERS_LIMIT, HEADERS_LIMIT_BYTES, isHeaderValue, sizeOf } from './header.ts';
import { isReference, secretSchema } from './secret.ts';

export type CustomHeaders = Readonly<Record<string, string>>;

/** Header values by name. A value may be a reference to a secret. No error message contains a value. */
export const customHeadersSchema = z.pipe(
  z.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'must be a map of names and values',
  }),
  z.transform((given, context): CustomHeaders => {
    const entries: [string, unknown][] = Object.entries(given);
    const problems = new Set(
      entries.flatMap(([name, value]) => problemOfName(name) ?? problemOfValue(name, value) ?? []),
    );
    const headers = Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
    for (const problem of problems.size > 0 ? problems : problemsOfAll(headers)) {
      // Stryker disable next-line StringLiteral: no code reads an issue's code
      context.issues.push({ code: 'custom', message: problem, input: given });
    }
    return headers;
  }),
);

function problemOfName(name: string): string | undefined {
  switch (faultOfName(name)) {
    case 'malformed':
      return 'must have names of letters, digits and hyphens';
    case 'reserved':
      return `must not have ${name}, which the relay sets itself`;
    // Stryker disable next-line ConditionalExpression: without it, the function returns undefined, too
    case undefined:
      return undefined;
  }
}

function problemOfValue(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return `must have text as the value of ${name}`;
  const parsed = secretSchema.safeParse(value);
  // Stryker disable next-line OptionalChaining: a failed parse has an issue
  if (!parsed.success) return `must have a good value for ${name}, which ${parsed.error.issues[0]?.message}`;
  return isReference(parsed.data) || isHeaderValue(parsed.data)
    ? undefined
    : `must have visible ASCII characters, spaces and tabs alone in the value of ${name}`;
}

function problemsOfAll(headers: CustomHeaders): string[] {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const twice = names.filter((name, index) => names.indexOf(name) < index);
  return [
    ...twice.map((name) => `must have ${name} once`),
    ...(names.length > HEADERS_LIMIT ? [`must be ${HEADERS_LIMIT} at most`] : []),
    ...(sizeOf(headers) > HEADERS_LIMIT_BYTES ? [`must come to ${HEADERS_LIMIT_BYTES} bytes at most`] : []),
  ];
}
