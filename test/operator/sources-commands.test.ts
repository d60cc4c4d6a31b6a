import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sha256Hex } from '../../lib/relay/model/ids.ts';
import { itemsOf, jsonOf } from './cli.ts';
import { useTablesOnlyRelay, WEBHOOKS } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();

const TOKEN_SHA256 = sha256Hex('a token');
const NOW = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

describe('sources add', () => {
  it('prints the address as JSON, and keeps nothing but the hash of its token', async () => {
    const result = await relay().cli(['sources', 'add', 'main', '--json']);

    expect(result).toMatchObject({ exitCode: 0, err: '' });
    expect(jsonOf(result)).toEqual({ id: 'main', address: expect.stringContaining(WEBHOOKS) });
    const [, token = ''] = /\/webhooks\/([\w-]{43})\?orderid="}\n$/.exec(result.out) ?? [];
    expect(await relay().config()).toEqual([
      { kind: 'source', id: 'main', tokenSha256: sha256Hex(token), createdAt: NOW, updatedAt: NOW },
    ]);
  });

  it('says where to paste the address, and that it is shown once', async () => {
    const { exitCode, out } = await relay().cli(['sources', 'add', 'main', '--description', 'the shop']);

    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Source main is added\.$/m);
    expect(out).toMatch(/^ {2}https:\/\/relay\.example\/webhooks\/[\w-]{43}\?orderid=$/m);
    expect(out).toContain('The address is shown only now');
    expect(await relay().config()).toMatchObject([{ id: 'main', description: 'the shop' }]);
  });

  it.each([
    ['an id that exists', ['main'], /^error: the source main already exists\n.*sources rotate/],
    ['an id with a slash', ['ma/in'], /^error: <id> must be 1 to 64 letters/],
    ['no id', [], /^error: missing required argument 'id'/],
    [
      'an unknown flag',
      ['shop', '--descripton', 'x'],
      /^error: unknown option '--descripton'\nDid you mean --description\?/,
    ],
    ['an argument too many', ['shop', 'two'], /^error: too many arguments/],
  ])('refuses %s with exit code 2, and writes nothing', async (_, args, message) => {
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256 });
    const before = await relay().config();

    const { exitCode, out, err } = await relay().cli(['sources', 'add', ...args]);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toMatch(message);
    expect(await relay().config()).toEqual(before);
  });
});

describe('sources list', () => {
  it('says how to add the first one', async () => {
    expect(await relay().cli(['sources', 'list'])).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^No sources yet\. `sources add main`/),
    });
    expect(itemsOf(await relay().cli(['sources', 'list', '--json']))).toEqual([]);
  });

  it('shows each source, but not the hash of its token', async () => {
    await relay().put('source', 'shop', { tokenSha256: TOKEN_SHA256, enabled: false, createdAt: 'in March' });
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256, description: 'the shop' });

    const text = await relay().cli(['sources', 'list']);
    expect(text.out).toBe(
      [
        'SOURCE  STATE     ADDED     DESCRIPTION',
        'main    enabled   –         the shop',
        'shop    disabled  in March',
        '',
      ].join('\n'),
    );
    const json = await relay().cli(['sources', 'list', '--json']);
    expect(itemsOf(json)).toEqual([
      { id: 'main', enabled: true, description: 'the shop' },
      { id: 'shop', enabled: false, createdAt: 'in March' },
    ]);
  });

  it('tells of an old address for as long as it works', async () => {
    const withOldToken = (until: string) => ({
      tokenSha256: TOKEN_SHA256,
      previousTokens: [{ tokenSha256: TOKEN_SHA256, until }],
    });
    const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
    await relay().put('source', 'main', { ...withOldToken(inAnHour), description: 'the shop' });
    await relay().put('source', 'was', withOldToken('2026-01-01T00:00:00Z'));

    const text = await relay().cli(['sources', 'list']);
    expect(text.out).toMatch(/^main .* the shop; its old address works until .*\d\d:\d\d:\d\d$/m);
    expect(text.out).toMatch(/^was {5}enabled {2}–$/m);
    expect(itemsOf(await relay().cli(['sources', 'list', '--json']))).toEqual([
      { id: 'main', enabled: true, description: 'the shop', oldAddressesUntil: [inAnHour] },
      { id: 'was', enabled: true },
    ]);
  });

  it('shows an invalid row with the reason', async () => {
    await relay().put('source', 'main', { tokenSha256: 'none' });

    const text = await relay().cli(['sources', 'list']);
    expect(text).toMatchObject({ exitCode: 0, err: '' });
    expect(text.out).toMatch(/its address does not work:\n {2}main {2}tokenSha256: must be 64 lower-case/);
    expect(itemsOf(await relay().cli(['sources', 'list', '--json']))).toEqual([
      { id: 'main', invalid: 'tokenSha256: must be 64 lower-case hexadecimal digits' },
    ]);
  });
});

describe('sources rotate', () => {
  /** The end of the grace period, in hours from now. */
  async function keptHours(): Promise<number> {
    const [row] = await relay().config();
    const [last] = z.array(z.object({ until: z.string() })).parse(row?.previousTokens);
    return (Date.parse(last?.until ?? '') - Date.now()) / 3_600_000;
  }

  it('gives a source a new address, keeps the old one for a day, and leaves the rest as it was', async () => {
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256, description: 'the shop' });

    const result = await relay().cli(['sources', 'rotate', 'main', '--json']);

    expect(jsonOf(result)).toEqual({
      id: 'main',
      address: expect.stringMatching(/\/webhooks\/[\w-]{43}\?orderid=$/),
      oldAddressesUntil: [NOW],
    });
    const [row] = await relay().config();
    expect(row).toEqual({
      kind: 'source',
      id: 'main',
      description: 'the shop',
      tokenSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      previousTokens: [{ tokenSha256: TOKEN_SHA256, until: NOW }],
      updatedAt: NOW,
    });
    expect(row?.tokenSha256).not.toBe(TOKEN_SHA256);
    expect(await keptHours()).toBeCloseTo(24, 1);
  });

  it('keeps the old address valid for the grace period, and shows its end', async () => {
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256 });

    const { out } = await relay().cli(['sources', 'rotate', 'main', '--grace-period', '12h']);

    expect(out).toMatch(/^Source main has a new address\.$/m);
    expect(out).toMatch(/^The new address works within 10 s. The old one works until .*\d\d:\d\d:\d\d\.$/m);
    expect(await keptHours()).toBeCloseTo(12, 1);
  });

  it('stops all old addresses at once with --now', async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    const previousTokens = [{ tokenSha256: TOKEN_SHA256, until }];
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256, previousTokens });

    const { out } = await relay().cli(['sources', 'rotate', 'main', '--now']);

    expect(out).toContain(
      'The new address works within 10 s, and the old one stops. So do the older addresses that were still valid: 1.\n',
    );
    const [row] = await relay().config();
    expect(Object.keys(row ?? {}).toSorted()).toEqual(['id', 'kind', 'tokenSha256', 'updatedAt']);
  });

  it('twice keeps each old address until its own grace period ends', async () => {
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256 });
    await relay().cli(['sources', 'rotate', 'main', '--grace-period', '3h']);
    const [before] = await relay().config();
    const [first] = z.array(z.unknown()).parse(before?.previousTokens);

    const { out } = await relay().cli(['sources', 'rotate', 'main', '--grace-period', '1h']);

    const [row] = await relay().config();
    expect(row?.previousTokens).toEqual([{ tokenSha256: before?.tokenSha256, until: NOW }, first]);
    expect(out).toMatch(/The old one works until .*\.\nAn older address still works until .*\.\n$/);
    expect((await relay().cli(['sources', 'list'])).out).toMatch(/its old addresses work until .*, /);
  });

  it('drops old addresses whose grace period has ended', async () => {
    const previousTokens = [{ tokenSha256: TOKEN_SHA256, until: '2026-01-01T00:00:00Z' }];
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256, previousTokens });

    const rotated = await relay().cli(['sources', 'rotate', 'main', '--json']);

    expect(jsonOf(rotated)).toMatchObject({ oldAddressesUntil: [NOW] });
  });

  it('is refused while four old addresses are valid, because the first would end too early', async () => {
    const until = new Date(Date.now() + 60_000).toISOString();
    const previousTokens = Array(4).fill({ tokenSha256: TOKEN_SHA256, until });
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256, previousTokens });
    const before = await relay().config();

    expect(await relay().cli(['sources', 'rotate', 'main'])).toMatchObject({
      exitCode: 2,
      err: `error: the source main still has 4 old addresses, and more are not possible\nThe first of them ends at ${until}. --now ends all old addresses at once.\n`,
    });
    expect(await relay().config()).toEqual(before);
    expect(await relay().cli(['sources', 'rotate', 'main', '--now'])).toMatchObject({ exitCode: 0 });
  });

  it('mends a token that is wrong', async () => {
    await relay().put('source', 'main', { tokenSha256: 'none', previousTokens: 'soon' });

    const result = await relay().cli(['sources', 'rotate', 'main', '--json']);

    expect(jsonOf(result)).toMatchObject({ id: 'main', oldAddressesUntil: [] });
    const [row] = await relay().config();
    expect(Object.keys(row ?? {}).toSorted()).toEqual(['id', 'kind', 'tokenSha256', 'updatedAt']);
  });

  it.each([
    [['--grace-period', '0h'], /--grace-period must be a duration/],
    [['--grace-period', '31d'], /at most 30d/],
    [['--grace-period', 'long'], /--grace-period must be a duration/],
    [['--grace-period', '1h', '--now'], /cannot be used with/],
  ])('refuses %j and changes nothing', async (options, message) => {
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256 });
    const before = await relay().config();

    const { exitCode, err } = await relay().cli(['sources', 'rotate', 'main', ...options]);

    expect(exitCode).toBe(2);
    expect(err).toMatch(message);
    expect(await relay().config()).toEqual(before);
  });
});

describe('sources remove', () => {
  it('removes the row', async () => {
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256 });

    expect(jsonOf(await relay().cli(['sources', 'remove', 'main', '--json']))).toEqual({
      id: 'main',
      removed: true,
    });
    expect(await relay().config()).toEqual([]);
  });
});

describe.each(['rotate', 'remove'])('sources %s', (command) => {
  it.each([
    ['unknown', 'shop'],
    ['empty', ''],
    ['longer than a key may be', 'long'.repeat(300)],
  ])('finds no source whose id is %s', async (_, id) => {
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256 });
    const before = await relay().config();

    const { exitCode, err } = await relay().cli(['sources', command, id]);

    expect(exitCode).toBe(2);
    expect(err).toMatch(/^error: there is no source .*\n`sources list` shows all sources\.\n$/);
    expect(await relay().config()).toEqual(before);
  });
});
