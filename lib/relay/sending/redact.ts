/** Takes out of an answer what the request had to keep to itself: some endpoints repeat whatever they were sent. */

import type { SendResult } from '../ports/outgoing.ts';
import type { Credentials } from './credentials.ts';

/** What is shorter is no secret, and would tear holes into every text. */
const SHORTEST = 6;

export function redactSecrets(result: SendResult, { headers, signingKeys }: Credentials): SendResult {
  if (result.kind !== 'answer') return result;
  const secrets = [
    ...Object.entries(headers).flatMap(([name, value]) => [value, ...partsOf(name, value)]),
    ...signingKeys.map((key) => Buffer.from(key).toString('base64')),
  ];
  // The longest first: one may be part of another.
  const long = secrets
    .filter(({ length }) => length >= SHORTEST)
    .sort((one, other) => other.length - one.length);
  return { ...result, text: long.reduce((text, secret) => text.replaceAll(secret, '***'), result.text) };
}

/** What follows the scheme of an `authorization`; and of Basic, what it stands for. */
function partsOf(name: string, value: string): string[] {
  if (name.toLowerCase() !== 'authorization') return [];
  const [scheme, credentials = ''] = value.split(' ');
  if (scheme !== 'Basic') return [credentials];
  const pair = Buffer.from(credentials, 'base64').toString();
  return [credentials, pair, pair.slice(pair.indexOf(':') + 1)];
}
