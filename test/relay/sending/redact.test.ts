import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../lib/relay/endpoint/endpoint.ts';
import { redactSecrets } from '../../../lib/relay/sending/redact.ts';

const PLAIN = { url: 'https://erp/hook?orderid=' };

function redacted(text: string, secrets: readonly string[], endpoint: Partial<Endpoint> = {}): string {
  const result = redactSecrets({ kind: 'answer', status: 400, text }, { secrets }, { ...PLAIN, ...endpoint });
  if (result.kind !== 'answer') throw new Error('an answer stays an answer');
  return result.withheld ? '' : result.text;
}

const html = (text: string) =>
  text.replace(/[&<>"'/]/g, (one) => `&#${one === '"' ? 'x22' : one.charCodeAt(0)};`);
const named = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const utf8 = (text: string) => Buffer.from(text);
const shifted = (before: number, form: 'base64' | 'base64url') => (text: string) =>
  Buffer.concat([Buffer.from('abc'.slice(0, before)), utf8(text), Buffer.from('xyz')]).toString(form);
const jsonUnicode = (text: string) =>
  Array.from(
    { length: text.length },
    (_, n) => `\\u${text.charCodeAt(n).toString(16).padStart(4, '0')}`,
  ).join('');

const ENCODINGS: readonly [string, (text: string) => string][] = [
  ['as text', (text) => text],
  ['in JSON', (text) => JSON.stringify(text)],
  ['in JSON within JSON', (text) => JSON.stringify(JSON.stringify(text))],
  ['in JSON as code units', jsonUnicode],
  ['in JSON with escaped slashes', (text) => JSON.stringify(text).replaceAll('/', '\\/')],
  ['percent-encoded', encodeURIComponent],
  [
    'percent-encoded in lower case',
    (text) => encodeURIComponent(text).replace(/%../g, (one) => one.toLowerCase()),
  ],
  ['percent-encoded twice', (text) => encodeURIComponent(encodeURIComponent(text))],
  ['as a form', (text) => new URLSearchParams({ value: text }).toString()],
  ['in HTML', html],
  ['in HTML by names', named],
  ['in HTML within JSON', (text) => JSON.stringify(named(text))],
  ['in hexadecimal', (text) => utf8(text).toString('hex')],
  ['trimmed', (text) => text.trim()],
  ['in UTF-8 read as Latin-1', (text) => utf8(text).toString('latin1')],
  ...[0, 1, 2].flatMap((before): [string, (text: string) => string][] => [
    [`in base64, after ${before} bytes`, shifted(before, 'base64')],
    [`in base64url, after ${before} bytes`, shifted(before, 'base64url')],
  ]),
];

/** Forms of a secret that a reader could turn back into it. */
const READABLE: readonly ((text: string) => string)[] = [
  (text) => text,
  decodeLoosely,
  (text) =>
    text.replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  (text) => text.replace(/\\+/g, ''),
  (text) =>
    text
      .replace(/&#x22;|&quot;/g, '"')
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
      .replace(/&amp;/g, '&'),
  ...[0, 1, 2, 3].flatMap((skipped) => [
    (text: string) => Buffer.from(text.slice(skipped), 'base64').toString('latin1'),
    (text: string) => Buffer.from(text.slice(skipped), 'hex').toString('latin1'),
  ]),
];

function decodeLoosely(text: string): string {
  return text.replace(/\+/g, ' ').replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

describe('an answer', () => {
  it.each(ENCODINGS)('shows no secret %s', (_, encode) => {
    const secret = 'Zürich "9"/<a&b>\' +%41\\ß';

    const text = redacted(`you sent: ${encode(secret)}!`, [secret]);

    for (const read of READABLE) expect(read(text)).not.toContain('rich "9"');
    expect(text).toContain('***');
    expect(text).toContain('you sent: ');
  });

  it('shows no secret, whatever it is and however it is encoded', () => {
    const around = fc.string({ maxLength: 20 });
    const secret = fc
      .oneof(
        fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 }),
        fc.string({ minLength: 1, maxLength: 60 }),
        fc.base64String({ minLength: 4, maxLength: 80 }),
        fc.constantFrom('******', '****** ', '\\\\\\\\\\\\\\', '%%%%%%25', '&amp;amp;', '      ', 'aaaaaaaa'),
      )
      .filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(
        around,
        secret,
        around,
        fc.constantFrom(...ENCODINGS),
        (before, value, after, [, encode]) => {
          const text = redacted(before + encode(value) + after, [value]);

          for (const read of READABLE) expect(read(text)).not.toContain(value.trim());
          expect(text).not.toContain(encode(value));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('shows no beginning of a secret that the server has cut', () => {
    expect(redacted('bad token: sk_live_abcdef12...', ['sk_live_abcdef1234567890'])).toBe('bad token: ***');
    expect(redacted('bad token: sk_live_abcdef1234567', ['sk_live_abcdef1234567890'])).toBe('bad token: ***');
  });

  it('is kept when it has no secret', () => {
    const text = '{"error":"invalid_token","description":"Bearer token missing"}';

    expect(redacted(text, ['sk_live_abcdef1234567890'])).toBe(text);
  });

  it('is not kept when a secret is too short to be found in every encoding', () => {
    expect(redacted('nothing to see', ['abcde'])).toBe('');
    expect(redacted('nothing to see', [' abcde  '])).toBe('');
    expect(redacted('nothing to see', ['abcdef'])).toBe('nothing to see');
  });

  it('is still read by the `success` expression when it is withheld', () => {
    const headers = { location: 'https://erp/abcde', 'x-id': '1' };
    const answer = { kind: 'answer', status: 200, text: 'ok', headers } as const;

    expect(redactSecrets(answer, { secrets: ['abcde'] }, PLAIN)).toEqual({
      ...answer,
      headers: { 'x-id': '1' },
      withheld: true,
    });
  });

  it('shows no secret in its headers, and its other headers', () => {
    const answer = { kind: 'answer', status: 302, text: 'moved' } as const;
    const headers = { location: 'https://erp/?token=abcdef-1', server: 'nginx' };

    expect(redactSecrets({ ...answer, headers }, { secrets: ['abcdef-1'] }, PLAIN)).toEqual({
      ...answer,
      headers: { location: 'https://erp/?token=***', server: 'nginx' },
    });
  });

  it('is not kept when one of its headers has the value of a short header', () => {
    const answer = { kind: 'answer', status: 302, text: 'moved' } as const;
    const endpoint = { ...PLAIN, headers: { 'x-version': 'v2' } };

    expect(redactSecrets({ ...answer, headers: { server: 'api v2' } }, { secrets: [] }, endpoint)).toEqual({
      ...answer,
      headers: { server: 'api v2' },
      withheld: true,
    });
  });

  it('shows nothing of a secret that begins with another one', () => {
    const [one, longer] = ['abcdefgh', 'abcdefgh"ijklmnop'];

    expect(redacted(longer, [one, longer])).toBe('***');
    expect(redacted(longer, [longer, one])).toBe('***');
  });

  it('may show a reference, and shows no value that it has without its spaces', () => {
    const headers = { 'x-key': 'ssm:/relay/key', 'x-id': '  abc123def  ' };

    expect(redacted('ssm:/relay/key and abc123def', [], { headers })).toBe('ssm:/relay/key and ***');
  });

  it('is kept beside a short header, unless it has its value', () => {
    const headers = { 'x-version': 'v2' };

    expect(redacted('nothing to see', [], { headers })).toBe('nothing to see');
    expect(redacted('you sent v2', [], { headers })).toBe('');
    expect(redacted('you sent %76%32', [], { headers })).toBe('');
  });

  it('shows no header value and no user name', () => {
    const auth = { type: 'basic', username: 'relay-user', password: 'ssm:/password' } as const;

    expect(redacted('key abc"def of relay-user', [], { headers: { 'x-key': 'abc"def' }, auth })).toBe(
      'key *** of ***',
    );
  });

  it('shows no key of the URL, and the other parts of it', () => {
    const url = 'https://chat.example/services/T0AB12CD3/hooks?key=k3y%2Fvalue&v=2';

    expect(redacted('POST /services/T0AB12CD3/hooks?key=k3y%2Fvalue&v=2', [], { url })).toBe(
      'POST /services/***/hooks?key=***&v=2',
    );
  });

  it.each([
    ['of eight characters with a digit', 'https://chat.example/T0AB12CD', '***'],
    ['of seven', 'https://chat.example/T0AB12C', 'T0AB12C'],
    ['of eight without a digit', 'https://chat.example/services', 'services'],
    ['of twenty letters', 'https://chat.example/abcdefghijklmnopqrst', '***'],
    ['of nineteen', 'https://chat.example/abcdefghijklmnopqrs', 'abcdefghijklmnopqrs'],
    ['with a bare percent sign', 'https://chat.example/100%key-1', '***'],
  ])('shows a key in the URL as stars, a part %s', (_, url, shown) => {
    expect(redacted(url.slice('https://chat.example/'.length), [], { url })).toBe(shown);
  });

  it('shows no token that has replaced another one', () => {
    const shown = (secrets: readonly string[]) =>
      redactSecrets({ kind: 'answer', status: 400, text: 'old-token new-token' }, { secrets }, PLAIN);

    expect(shown(['old-token'])).toMatchObject({ text: '*** new-token' });
    expect(shown(['new-token'])).toMatchObject({ text: 'old-token ***' });
    expect(shown(['new-token', 'old-token'])).toMatchObject({ text: '*** ***' });
    expect(shown([])).toMatchObject({ text: 'old-token new-token' });
  });

  it('is searched in a moment, however hostile', () => {
    const secret = `${'\\'.repeat(40)}a&&&&%%%%%25${'+'.repeat(20)}`;
    const hostile = ['\\', '%25', '&amp;', '+', 'A', '0', '&#0', '\\u005c'].map((piece) =>
      piece.repeat(16_384 / piece.length),
    );

    for (const text of hostile) expect(redacted(text, [secret])).not.toContain(secret);
  });
});

describe('a failure', () => {
  it('stays as it is', () => {
    const failure = { kind: 'failure', error: 'timeout of abcdef' } as const;

    expect(redactSecrets(failure, { secrets: ['abcdef'] }, PLAIN)).toBe(failure);
  });
});
