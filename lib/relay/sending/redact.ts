/** Removes the request's secrets from an answer: some endpoints echo the request. */

import type { SendResult } from '../ports/outgoing.ts';
import type { Credentials } from './credentials.ts';

/** Shorter strings are not treated as secrets: they would match everywhere. */
const SHORTEST = 6;

export function redactSecrets(result: SendResult, { headers: sent, signingKeys }: Credentials): SendResult {
  if (result.kind !== 'answer') return result;
  const secrets = [
    ...Object.entries(sent).flatMap(([name, value]) => [value, ...partsOf(name, value)]),
    ...signingKeys.map((key) => Buffer.from(key).toString('base64')),
  ];
  // Longest first, because one secret may contain another.
  const long = secrets
    .filter(({ length }) => length >= SHORTEST)
    .sort((one, other) => other.length - one.length);
  const redacted = (text: string) => long.reduce((left, secret) => left.replaceAll(secret, '***'), text);
  const headers = Object.entries(result.headers ?? {}).map(([name, value]) => [name, redacted(value)]);
  return { ...result, text: redacted(result.text), headers: Object.fromEntries(headers) };
}

/** The credentials in an `authorization` header, without the scheme. For Basic also the decoded user name and password. */
function partsOf(name: string, value: string): string[] {
  if (name.toLowerCase() !== 'authorization') return [];
  const [scheme, credentials = ''] = value.split(' ');
  if (scheme !== 'Basic') return [credentials];
  const pair = Buffer.from(credentials, 'base64').toString();
  return [credentials, pair, pair.slice(pair.indexOf(':') + 1)];
}
