import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../lib/relay/ids.ts';
import { jsonOf } from './cli.ts';
import { useRelayOfTables, WEBHOOKS } from './relay-of-tables.ts';

const relay = useRelayOfTables();

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

  it('tells a person what to do with the address, and that it is shown once', async () => {
    const { exitCode, out } = await relay().cli(['sources', 'add', 'main', '--description', 'the shop']);

    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Source main is added\.$/m);
    expect(out).toMatch(/^ {2}https:\/\/relay\.example\/webhooks\/[\w-]{43}\?orderid=$/m);
    expect(out).toContain('It is shown only now');
    expect(await relay().config()).toMatchObject([{ id: 'main', description: 'the shop' }]);
  });

  it.each([
    ['an id that exists', ['main'], /^error: there is already a source main\n.*sources rotate/],
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
  it('says how to begin when there is none', async () => {
    expect(await relay().cli(['sources', 'list'])).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^No sources yet\. `sources add main`/),
    });
    expect(jsonOf(await relay().cli(['sources', 'list', '--json']))).toEqual([]);
  });

  it('shows each source, but not the hash of its token', async () => {
    await relay().put('source', 'shop', { tokenSha256: TOKEN_SHA256, enabled: false, createdAt: 'in March' });
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256, description: 'the shop' });

    const text = await relay().cli(['sources', 'list']);
    expect(text.out).toBe(
      [
        'SOURCE  STATE        ADDED     DESCRIPTION',
        'main    enabled      –         the shop',
        'shop    not enabled  in March',
        '',
      ].join('\n'),
    );
    const json = await relay().cli(['sources', 'list', '--json']);
    expect(jsonOf(json)).toEqual([
      { id: 'main', enabled: true, description: 'the shop' },
      { id: 'shop', enabled: false, createdAt: 'in March' },
    ]);
  });

  it('names a row that is wrong, and why', async () => {
    await relay().put('source', 'main', { tokenSha256: 'none' });

    const text = await relay().cli(['sources', 'list']);
    expect(text).toMatchObject({ exitCode: 0, err: '' });
    expect(text.out).toMatch(/its address does not work:\n {2}main {2}tokenSha256: must be 64 lower-case/);
    expect(jsonOf(await relay().cli(['sources', 'list', '--json']))).toEqual([
      { id: 'main', invalid: 'tokenSha256: must be 64 lower-case hexadecimal digits' },
    ]);
  });
});

describe('sources rotate', () => {
  it('gives a source a new address, and leaves the rest of it as it was', async () => {
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256, description: 'the shop' });

    const result = await relay().cli(['sources', 'rotate', 'main', '--json']);

    expect(jsonOf(result)).toEqual({
      id: 'main',
      address: expect.stringMatching(/\/webhooks\/[\w-]{43}\?orderid=$/),
    });
    const [row] = await relay().config();
    expect(row).toEqual({
      kind: 'source',
      id: 'main',
      description: 'the shop',
      tokenSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      updatedAt: NOW,
    });
    expect(row?.tokenSha256).not.toBe(TOKEN_SHA256);
  });

  it('says when the old address stops working', async () => {
    await relay().put('source', 'main', { tokenSha256: TOKEN_SHA256 });

    const { out } = await relay().cli(['sources', 'rotate', 'main']);

    expect(out).toMatch(/^Source main has a new address\.$/m);
    expect(out).toContain('The old address stops working, and the new one starts, within 10 s.');
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
    expect(err).toMatch(/^error: there is no source .*\n`sources list` shows those there are\.\n$/);
    expect(await relay().config()).toEqual(before);
  });
});
