/** Removes an endpoint's secrets from its answer: some endpoints echo the request. */

import type { Endpoint } from '../endpoint/endpoint.ts';
import { isReference } from '../endpoint/secret.ts';
import type { SendResult } from '../ports/outgoing.ts';
import type { Credentials } from './credentials.ts';
import { mayHaveOne, patternOf, type SecretPattern } from './secret-pattern.ts';

/** A shorter secret matches too much, and its encodings too little: it cannot be redacted. */
const SHORTEST = 6;
/** In a URL, a part with a digit and at least this many characters may be a key. So may each longer one. */
const SHORTEST_URL_KEY = 8;
const LONG_URL_PART = 20;

/** An endpoint needs the same patterns for each answer, unless its secrets change. A changed row is another object. */
const finders = new WeakMap<
  EndpointParts,
  { readonly secrets: readonly string[]; readonly finder: Finder }
>();

const REDACTED = '***';
const LOCATION = 'location';

type EndpointParts = Pick<Endpoint, 'url' | 'headers' | 'auth'>;
type Answer = Extract<SendResult, { readonly kind: 'answer' }>;

/**
 * The answer without the endpoint's secrets, in whatever encoding it has them. It is `withheld` when a secret is too short to
 * be found in every encoding, or when a text still has a secret afterwards: nothing of such an answer may be recorded.
 */
export function redactSecrets(
  result: SendResult,
  { secrets }: Pick<Credentials, 'secrets'>,
  endpoint: EndpointParts,
): SendResult {
  // Stryker disable next-line ConditionalExpression: a failure has no text that could be changed
  if (result.kind !== 'answer') return result;
  const { isUnsearchable, mayHaveSecret, redacted, searched } = finderFor(endpoint, secrets);
  if (isUnsearchable) return withheld(result);
  // Stryker disable next-line ConditionalExpression,LogicalOperator: it only saves time
  const isSuspicious = (text: string) => mayHaveSecret(text) && occursIn(text, searched);
  // Most answers echo nothing.
  // Stryker disable next-line ConditionalExpression: it only saves time
  if (!isSuspicious(result.text) && !Object.values(result.headers ?? {}).some(isSuspicious)) return result;
  const redact = (text: string) => redacted.reduce((part, form) => part.replace(form, REDACTED), text);
  const headers = Object.entries(result.headers ?? {}).map(([name, value]) => [name, redact(value)] as const);
  const text = redact(result.text);
  const recorded = [text, ...headers.map(([, value]) => value)];
  if (recorded.some((one) => occursIn(one, searched))) return withheld(result);
  return { ...result, text, headers: Object.fromEntries(headers) };
}

/** The answer as it came, for the `success` expression. A redirect's target would be recorded, so it is left out. */
function withheld(answer: Answer): Answer {
  const { [LOCATION]: _, ...headers } = answer.headers ?? {};
  return { ...answer, headers, withheld: true };
}

interface Finder {
  /** A secret is so short that it cannot be found in every encoding. */
  readonly isUnsearchable: boolean;
  readonly mayHaveSecret: (text: string) => boolean;
  readonly redacted: readonly RegExp[];
  /** Those, and values that may be secrets and are too short to be replaced. */
  readonly searched: readonly RegExp[];
}

function finderFor(endpoint: EndpointParts, secrets: readonly string[]): Finder {
  const known = finders.get(endpoint);
  if (known !== undefined && isSame(known.secrets, secrets)) return known.finder;
  const finder = newFinder(endpoint, secrets);
  finders.set(endpoint, { secrets, finder });
  return finder;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  // Stryker disable next-line ConditionalExpression: it only saves time
  return one === other || (one.length === other.length && one.every((text, index) => text === other[index]));
}

function newFinder({ url, headers = {}, auth }: EndpointParts, secrets: readonly string[]): Finder {
  // These may be settings rather than secrets, so a short one matters only if the answer has it.
  // Stryker disable next-line ArrayDeclaration: one more text to search for
  const values = [...Object.values(headers), ...(auth?.type === 'basic' ? [auth.username] : [])];
  const maybeSecret = values.filter((value) => !isReference(value)).map((value) => value.trim());
  const all = [...secrets.map((secret) => secret.trim()), ...keysInUrl(url)];
  const isUnsearchable = all.some(isShort);
  const long = patternsOfAll([...all, ...maybeSecret.filter((value) => !isShort(value))]);
  // Stryker disable next-line MethodExpression: the patterns find the longer ones, too
  const patterns = [...long, ...patternsOfAll(maybeSecret.filter(isShort))];
  return {
    isUnsearchable,
    mayHaveSecret: mayHaveOne(patterns),
    redacted: long.flatMap(({ forms }) => forms),
    searched: patterns.flatMap(({ forms }) => forms),
  };
}

/** Longest secret first, because one secret may contain another. */
function patternsOfAll(secrets: readonly string[]): SecretPattern[] {
  const longestFirst = [...new Set(secrets)].sort((one, other) => other.length - one.length);
  return longestFirst.map(patternOf);
}

function occursIn(text: string, forms: readonly RegExp[]): boolean {
  return forms.some((form) => text.search(form) !== -1);
}

function isShort(secret: string): boolean {
  return secret.length < SHORTEST;
}

/** Webhook URLs of chat services contain a key in the path or the query. */
function keysInUrl(url: string): string[] {
  const { pathname, searchParams } = new URL(url);
  const parts = [...pathname.split('/'), ...searchParams.values()].map(decoded);
  return parts.filter(
    (part) => (part.length >= SHORTEST_URL_KEY && /\d/.test(part)) || part.length >= LONG_URL_PART,
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Not percent-encoded: a URL may contain a bare percent sign.
    return part;
  }
}
