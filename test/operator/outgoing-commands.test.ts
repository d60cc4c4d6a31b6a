import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aCertificate } from '../node/http/certificates.ts';
import { type CliOptions, type CliResult, jsonOf } from './cli.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();

const URL_OF_ERP = 'https://erp.example/hook?orderid=';
const endpoints = (args: readonly string[], options?: CliOptions) =>
  relay().cli(['endpoints', ...args], options);
const add = (...args: string[]) => endpoints(['add', '--id', 'erp', '--url', URL_OF_ERP, ...args]);
const set = (...args: string[]) => endpoints(['set', 'erp', ...args]);
const anEndpoint = (attributes: object = {}) =>
  relay().put('endpoint', 'erp', { url: URL_OF_ERP, ...attributes });

/** The endpoint's row without the common attributes. */
async function row(): Promise<object> {
  const [found = {}] = await relay().config();
  const { kind: _, id: __, url: ___, createdAt: ____, updatedAt: _____, ...attributes } = found;
  return attributes;
}

const SIGNING_SECRET = `whsec_${Buffer.alloc(32, 'a').toString('base64')}`;
const OLD_SECRET = `whsec_${Buffer.alloc(32, 'b').toString('base64')}`;
const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString();
/** A replaced secret that still signs. */
const previous = (secret: string) => ({ secret, until: IN_AN_HOUR });
const NEW_SECRET = /whsec_[A-Za-z0-9+/]{43}=/;

let folder = '';
const inFile = (content: string | Uint8Array): string => {
  const path = join(folder, 'secret');
  writeFileSync(path, content);
  return `@${path}`;
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensaria-relay-secrets-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('headers', () => {
  it('are added by name and value', async () => {
    const result = await add('--header', 'X-Key: a: b ', '--header', 'x-id:ssm:/relay/id');

    expect(result).toMatchObject({ exitCode: 0, err: '' });
    expect(result.out).toContain('header           X-Key: ***\n');
    expect(result.out).toContain('header           x-id: ssm:/relay/id\n');
    expect(await row()).toEqual({ headers: { 'X-Key': 'a: b', 'x-id': 'ssm:/relay/id' } });
  });

  it('are changed one by one, whatever case their names are in', async () => {
    await anEndpoint({ headers: { 'X-Key': 'a', 'x-id': '1', 'x-old': 'o' } });

    await set('--header', 'x-key: b', '--header', 'x-new: n', '--unset', 'header:X-Old');

    expect(await row()).toEqual({ headers: { 'x-key': 'b', 'x-id': '1', 'x-new': 'n' } });
  });

  it.each([['header:x-key'], ['headers'], ['header']])(
    'are gone with the last of them: --unset %s',
    async (name) => {
      await anEndpoint({ headers: { 'X-Key': 'a' } });

      expect(await set('--unset', name)).toMatchObject({ exitCode: 0 });

      expect(await row()).toEqual({});
    },
  );
});

describe('the order id', () => {
  it('is left out of the URL with --order-id none, and appended again without it', async () => {
    const result = await add('--order-id', 'none');

    expect(result).toMatchObject({ exitCode: 0, err: '' });
    expect(result.out).toMatch(/order-id +none\n/);
    expect(await row()).toEqual({ orderId: 'none' });
    expect(await set('--unset', 'order-id')).toMatchObject({ exitCode: 0 });
    expect(await row()).toEqual({});
  });

  it('is appended or left out, and nothing else', async () => {
    const result = await add('--order-id', 'path');

    expect(result.err).toContain('--order-id must be append or none');
    expect(result.exitCode).toBe(2);
  });
});

describe('a client certificate', () => {
  it('is read from files, shown by its name and its end, and its key is masked', async () => {
    const { cert, key } = await aCertificate({ name: 'relay.example' });
    const result = await add(
      '--client-certificate',
      cert,
      '--client-key',
      inFile(key),
      '--ca-certificate',
      'ssm:/relay/ca',
    );

    expect(result).toMatchObject({ exitCode: 0, err: '' });
    expect(result.out).toMatch(/client-certificate +CN=relay\.example \(until .+\)\n/);
    expect(result.out).toMatch(/client-key +\*\*\*\n/);
    expect(result.out).toMatch(/ca-certificate +ssm:\/relay\/ca\n/);
    expect(await row()).toMatchObject({ clientCertificate: cert, caCertificate: 'ssm:/relay/ca' });
    expect((await endpoints(['show', 'erp', '--json'])).out).not.toContain('PRIVATE KEY');
  });

  it('goes with its key alone', async () => {
    const { cert } = await aCertificate({ name: 'relay.example' });
    const result = await add('--client-certificate', cert);

    expect(result.exitCode).toBe(2);
    expect(result.err).toContain('--client-certificate goes together with clientKey alone: set both or none');
  });

  it('is taken away with its key', async () => {
    await anEndpoint({ clientCertificate: 'ssm:/relay/cert', clientKey: 'ssm:/relay/key' });

    await set('--unset', 'client-certificate', '--unset', 'client-key');

    expect(await row()).toEqual({});
  });
});

describe('auth', () => {
  it.each<[string, string, object]>([
    ['basic', '--auth basic --auth-username relay --auth-password pw', { username: 'relay', password: 'pw' }],
    ['bearer', '--auth bearer --auth-token ssm:/relay/token', { token: 'ssm:/relay/token' }],
    ['header', '--auth header --auth-name X-Key --auth-value abc', { name: 'X-Key', value: 'abc' }],
    [
      'oauth2',
      '--auth oauth2 --auth-token-url https://t.example/ --auth-client-id me --auth-client-secret pw --auth-secret-in body --auth-parameter resource=https://a.example/?x=1 --auth-parameter soid=ssm:/relay/soid',
      {
        tokenUrl: 'https://t.example/',
        clientId: 'me',
        clientSecret: 'pw',
        secretIn: 'body',
        parameters: { resource: 'https://a.example/?x=1', soid: 'ssm:/relay/soid' },
      },
    ],
    [
      'oauth2',
      '--auth oauth2 --auth-token-url https://t.example/ --auth-client-id me --auth-client-secret pw --auth-scope s --auth-audience a',
      { tokenUrl: 'https://t.example/', clientId: 'me', clientSecret: 'pw', scope: 's', audience: 'a' },
    ],
  ])('%s is set with its parts', async (type, args, parts) => {
    expect(await add(...args.split(' '))).toMatchObject({ exitCode: 0, err: '' });

    expect(await row()).toEqual({ auth: { type, ...parts } });
  });

  it('is replaced as a whole, and taken away by none', async () => {
    await anEndpoint({ auth: { type: 'basic', username: 'relay', password: 'pw' } });

    await set('--auth', 'bearer', '--auth-token', 'abc');
    expect(await row()).toEqual({ auth: { type: 'bearer', token: 'abc' } });
    await set('--auth', 'none');
    expect(await row()).toEqual({});
  });
});

describe('signing', () => {
  it('begins with a secret that is shown once', async () => {
    const { out } = await add('--sign');

    const [secret] = NEW_SECRET.exec(out) ?? [];
    expect(await row()).toEqual({ signingSecret: secret });
    expect((await endpoints(['show', 'erp'])).out).toContain('signing-secret   ***\n');
  });

  it('can start later, and shows the secret in JSON', async () => {
    await anEndpoint();

    const { signingSecret } = z
      .looseObject({ signingSecret: z.string() })
      .parse(jsonOf(await set('--sign', '--json')));

    expect(await row()).toEqual({ signingSecret });
  });

  it('is done with a given secret', async () => {
    await anEndpoint();

    const { out } = await set('--signing-secret', 'ssm:/relay/signing');

    expect(out).toContain('ssm:/relay/signing');
    expect(await row()).toEqual({ signingSecret: 'ssm:/relay/signing' });
  });

  it('replaces a secret that is invalid', async () => {
    await anEndpoint({ signingSecret: 'hush' });

    expect(await set('--signing-secret', SIGNING_SECRET)).toMatchObject({ exitCode: 0 });

    expect(await row()).toEqual({ signingSecret: SIGNING_SECRET });
  });

  it.each(['sign', 'signing-secret', 'signingSecret'])('ends: --unset %s', async (name) => {
    await anEndpoint({ signingSecret: SIGNING_SECRET, previousSigningSecrets: [previous(OLD_SECRET)] });

    await set('--unset', name);

    expect(await row()).toEqual({});
  });
});

const rotatedSchema = z.object({
  signingSecret: z.string(),
  previousSigningSecrets: z.tuple([z.object({ secret: z.string(), until: z.string() })]),
});

describe('endpoints rotate-secret', () => {
  it.each([
    [[], 24],
    [['--grace-period', '90m'], 1.5],
  ])('replaces the secret and keeps the old one for the grace period: %j', async (args, hours) => {
    await anEndpoint({ signingSecret: SIGNING_SECRET });
    const before = Date.now();

    const { out } = await endpoints(['rotate-secret', 'erp', ...args]);

    const [secret] = NEW_SECRET.exec(out) ?? [];
    const { signingSecret, previousSigningSecrets } = rotatedSchema.parse(await row());
    const [old] = previousSigningSecrets;
    expect([signingSecret, old.secret]).toEqual([secret, SIGNING_SECRET]);
    const keptMs = Date.parse(old.until) - before;
    expect(keptMs).toBeGreaterThanOrEqual(hours * 3_600_000);
    expect(keptMs).toBeLessThan(hours * 3_600_000 + 60_000);
    expect(out).not.toContain(SIGNING_SECRET);
  });

  it('twice keeps each old secret until its own grace period ends', async () => {
    await anEndpoint({ signingSecret: SIGNING_SECRET });
    await endpoints(['rotate-secret', 'erp', '--grace-period', '12h']);
    const first = rotatedSchema.parse(await row());

    const { out } = await endpoints(['rotate-secret', 'erp', '--grace-period', '1h']);

    expect(await row()).toEqual({
      signingSecret: NEW_SECRET.exec(out)?.[0],
      previousSigningSecrets: [
        { secret: first.signingSecret, until: expect.any(String) },
        ...first.previousSigningSecrets,
      ],
    });
    expect(out.match(/previous secret +\*\*\* \(until /g)).toHaveLength(2);
  });

  it('drops old secrets whose grace period has ended', async () => {
    const ended = { ...previous(OLD_SECRET), until: '2026-03-01T12:00:00Z' };
    await anEndpoint({ signingSecret: SIGNING_SECRET, previousSigningSecrets: [ended] });

    await endpoints(['rotate-secret', 'erp']);

    expect(await row()).toMatchObject({ previousSigningSecrets: [{ secret: SIGNING_SECRET }] });
  });

  it('goes back to an old secret', async () => {
    await anEndpoint({ signingSecret: SIGNING_SECRET, previousSigningSecrets: [previous(OLD_SECRET)] });

    await endpoints(['rotate-secret', 'erp', '--signing-secret', OLD_SECRET]);

    expect(await row()).toEqual({
      signingSecret: OLD_SECRET,
      previousSigningSecrets: [{ secret: SIGNING_SECRET, until: expect.any(String) }],
    });
  });

  it('removes all old secrets at once with --now', async () => {
    await anEndpoint({ signingSecret: SIGNING_SECRET, previousSigningSecrets: [previous(OLD_SECRET)] });

    const { out } = await endpoints(['rotate-secret', 'erp', '--now']);

    expect(await row()).toEqual({ signingSecret: NEW_SECRET.exec(out)?.[0] });
  });

  it('takes a secret that there is already', async () => {
    await anEndpoint({ signingSecret: 'ssm:/relay/old' });

    const { exitCode, out } = await endpoints(['rotate-secret', 'erp', '--signing-secret', 'ssm:/relay/new']);

    expect({ exitCode, shown: out.match(NEW_SECRET) }).toEqual({ exitCode: 0, shown: null });
    expect(await row()).toMatchObject({
      signingSecret: 'ssm:/relay/new',
      previousSigningSecrets: [{ secret: 'ssm:/relay/old' }],
    });
  });
});

describe('a secret', () => {
  it('is read from a file, without the line end at its end', async () => {
    await add('--auth', 'bearer', '--auth-token', inFile('from a file\r\n'));

    expect(await row()).toEqual({ auth: { type: 'bearer', token: 'from a file' } });
  });

  it('is read from the standard input', async () => {
    const args = ['--auth', 'basic', '--auth-username', 'relay', '--auth-password', '-'];

    await endpoints(['add', '--id', 'erp', '--url', URL_OF_ERP, ...args], { input: 'typed\n' });

    expect(await row()).toMatchObject({ auth: { password: 'typed' } });
  });

  it('is read from a file in the value of a header and for signing, too', async () => {
    const result = await endpoints(
      [
        'add',
        '--id',
        'erp',
        '--url',
        URL_OF_ERP,
        '--header',
        `x-key: ${inFile('k')}`,
        '--signing-secret',
        '-',
      ],
      { input: SIGNING_SECRET },
    );

    expect(result.exitCode).toBe(0);
    expect(await row()).toEqual({ headers: { 'x-key': 'k' }, signingSecret: SIGNING_SECRET });
  });
});

const HUSH = 'S3CRET';
const OAUTH2 = '--auth oauth2 --auth-client-id me --auth-token-url https://t.example/'.split(' ');

describe('what is refused', () => {
  it.each<[string, string[], string]>([
    ['a header without a colon', ['--header', HUSH], '--header must be a name, a colon and a value'],
    ['a header that is the relay’s', ['--header', `Host: ${HUSH}`], '--header must not have Host'],
    [
      'a header in two cases',
      ['--header', `a: ${HUSH}`, '--header', `A: ${HUSH}`],
      '--header must have a once',
    ],
    [
      'a header twice',
      ['--header', `a: ${HUSH}`, '--header', `a: ${HUSH}`],
      '--header must not repeat a header',
    ],
    ['a bad name', ['--header', `${HUSH} x: y`], '--header must have names of letters'],
    ['a bad value', ['--header', `x-key: ${HUSH}é`], '--header must have visible ASCII'],
    [
      'to unset a header that does not exist',
      ['--unset', 'header:x-none'],
      '--header has no x-none to unset',
    ],
    ['to set and unset', ['--header', `a: ${HUSH}`, '--unset', 'headers'], '--header is both set and unset'],
    ['an unknown auth', ['--auth', 'digest'], '--auth must be none, basic, bearer, header or oauth2'],
    ['parts without auth', ['--auth-token', HUSH], '--auth-token requires the matching --auth'],
    [
      'parts of no auth',
      ['--auth', 'none', '--auth-token', HUSH],
      '--auth-token requires the matching --auth',
    ],
    [
      'parts of another auth',
      ['--auth', 'bearer', '--auth-token', HUSH, '--auth-value', HUSH],
      '--auth-value cannot be combined',
    ],
    ['an auth without a part', ['--auth', 'basic', '--auth-password', HUSH], '--auth-username is missing'],
    ['an empty part', ['--auth', 'bearer', '--auth-token', ''], '--auth-token must not be empty'],
    [
      'a reference to nothing',
      ['--auth', 'bearer', '--auth-token', 'ssm:x'],
      '--auth-token must be a value, or ssm:/',
    ],
    [
      'a bad token URL',
      [...OAUTH2.slice(0, -1), HUSH, '--auth-client-secret', HUSH],
      '--auth-token-url must be an',
    ],
    ['a bad signing secret', ['--signing-secret', HUSH], '--signing-secret must be whsec_ and the base64'],
    ['two ways to sign', ['--sign', '--signing-secret', HUSH], '--signing-secret cannot be combined'],
    [
      'a file that does not exist',
      ['--auth', 'bearer', '--auth-token', `@${HUSH}`],
      '--auth-token begins with @',
    ],
    [
      'the standard input twice',
      [...OAUTH2, '--auth-client-secret', '-', '--signing-secret', '-'],
      '--signing-secret cannot read the standard input',
    ],
    ['an option that there is not', [`--auth-tokn=${HUSH}`], "unknown option '--auth-tokn=…'"],
    [
      'authorization beside auth',
      ['--header', `authorization: ${HUSH}`, '--auth', 'bearer', '--auth-token', HUSH],
      '--header must not have authorization beside auth',
    ],
  ])('%s, with exit code 2, and nothing is written nor repeated', async (_, args, message) => {
    await anEndpoint();
    const before = await relay().config();

    const result = await endpoints(['set', 'erp', ...args], { input: HUSH });

    expect(result).toMatchObject({ exitCode: 2, out: '' });
    expect(result.err).toContain(`error: ${message}`);
    expect(result.err).not.toContain(HUSH);
    expect(await relay().config()).toEqual(before);
  });

  it.each<[string, object, string[], string]>([
    [
      'to sign what is signed',
      { signingSecret: SIGNING_SECRET },
      ['set', 'erp', '--sign'],
      'already has a signing secret',
    ],
    ['to rotate what has no signing secret', {}, ['rotate-secret', 'erp'], 'has no signing secret'],
    [
      'both to keep and to drop the old one',
      { signingSecret: SIGNING_SECRET },
      ['rotate-secret', 'erp', '--now', '--grace-period', '1h'],
      'cannot be used with',
    ],
    [
      'a time that is none',
      { signingSecret: SIGNING_SECRET },
      ['rotate-secret', 'erp', '--grace-period', 'long'],
      '--grace-period must be a duration such as 30m, 12h or 3d',
    ],
    [
      'to rotate to the same secret',
      { signingSecret: SIGNING_SECRET },
      ['rotate-secret', 'erp', '--signing-secret', SIGNING_SECRET],
      'already signs with this secret',
    ],
    [
      'a fifth old secret, because the first would end too early',
      {
        signingSecret: SIGNING_SECRET,
        previousSigningSecrets: ['ssm:/a', 'ssm:/b', 'ssm:/c', 'ssm:/d'].map((one) => previous(one)),
      },
      ['rotate-secret', 'erp'],
      `the endpoint erp still signs with 4 old secrets, and more are not possible\nThe first of them ends at ${IN_AN_HOUR}. --now ends all old secrets at once.`,
    ],
    [
      'to set another secret, which would end the present one at once',
      { signingSecret: SIGNING_SECRET },
      ['set', 'erp', '--signing-secret', OLD_SECRET],
      'already has a signing secret\n`endpoints rotate-secret erp` replaces it',
    ],
    ['to rotate what does not exist', {}, ['rotate-secret', 'shop'], 'there is no endpoint shop'],
  ])('%s', async (_, attributes, args, message) => {
    await anEndpoint(attributes);
    const before = await relay().config();

    const { exitCode, err } = await endpoints(args);

    expect(exitCode).toBe(2);
    expect(err).toContain(message);
    expect(await relay().config()).toEqual(before);
  });
});

describe('the secrets of endpoints', () => {
  /** Every kind of secret in a row, each recognisable. */
  const AUTHS = {
    basic: { type: 'basic', username: 'relay', password: 'S3CRET-password' },
    bearer: { type: 'bearer', token: 'S3CRET-token' },
    header: { type: 'header', name: 'X-Api-Key', value: 'S3CRET-value' },
    oauth2: {
      type: 'oauth2',
      tokenUrl: 'https://tokens.example/',
      clientId: 'relay',
      clientSecret: 'S3CRET-client',
    },
  };
  const HEADERS = { 'x-key': 'S3CRET-header' };
  const SECRETS = /S3CRET|YWFhYWFh|YmJiYmJi/;

  it.each(Object.entries(AUTHS))('are shown by no command, of one with %s', async (type, auth) => {
    const previousSigningSecrets = [previous(OLD_SECRET)];
    const attributes = { headers: HEADERS, auth, signingSecret: SIGNING_SECRET, previousSigningSecrets };
    await relay().put('endpoint', 'wrong', {
      url: 'nowhere',
      ...attributes,
      auth: { ...auth, type: 'digest' },
    });
    const results: CliResult[] = [];
    const run = async (...args: string[]) => {
      results.push(await endpoints(args), await endpoints([...args, '--json']));
    };

    await anEndpoint(attributes);
    await run('list');
    for (const id of ['erp', 'wrong']) {
      await run('show', id);
      await run('set', id, '--timeout-seconds', '5');
      await run('set', id, '--max-attempts', '0');
      await run('set', id, '--header', 'x-more: S3CRET-more', '--header', 'content-type: S3CRET-type');
      await run('set', id, '--auth', type, '--auth-value', 'S3CRET-other');
      for (const command_ of ['pause', 'resume', 'disable', 'enable']) await run(command_, id);
      await run('rotate-secret', id, '--signing-secret', OLD_SECRET);
      await run('rotate-secret', id, '--signing-secret', 'whsec_S3CRET');
      await run('add', '--id', id, '--url', URL_OF_ERP, '--header', 'x-key: S3CRET-again');
    }
    for (const id of ['erp', 'wrong']) await run('remove', id);
    await run(
      'add',
      '--id',
      'new',
      '--url',
      URL_OF_ERP,
      '--header',
      'x-key: S3CRET-new',
      '--signing-secret',
      OLD_SECRET,
    );

    const written = results.map(({ out, err }) => out + err).join('\n');
    expect(written).toContain('***');
    expect(written).not.toMatch(SECRETS);
  });
});
