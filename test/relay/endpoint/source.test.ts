import { describe, expect, it } from 'vitest';
import {
  findSource,
  isToken,
  type Source,
  sourceIdSchema,
  sourceSchema,
  validPreviousTokens,
} from '../../../lib/relay/endpoint/source.ts';
import { sha256Hex } from '../../../lib/relay/model/ids.ts';
import { NOON, seconds } from '../attempts.ts';

const CURRENT = sha256Hex('current');
const REPLACED = sha256Hex('replaced');

const aSource = (parts: Partial<Source> = {}): Source => ({
  id: sourceIdSchema.parse('main'),
  tokenSha256: CURRENT,
  enabled: true,
  ...parts,
});

describe('a source id', () => {
  it.each(['m', 'Main', '0.a_b-c', 'm'.repeat(64)])('may be %j', (id) => {
    expect(sourceIdSchema.safeParse(id).success).toBe(true);
  });

  it.each(['', '.a', '-a', '_a', 'a/b', 'a b', 'é', 'xé', 'm'.repeat(65), 'notices', 'tests', 'unverified'])(
    'cannot be %j',
    (id) => {
      expect(sourceIdSchema.safeParse(id).success).toBe(false);
    },
  );
});

describe('a source', () => {
  const until = '2026-03-01T12:00:00Z';
  const reasonAgainst = (attributes: object) =>
    sourceSchema.safeParse({ id: 'main', tokenSha256: CURRENT, ...attributes }).error?.issues[0]?.message;

  it.each([
    [{ id: '-main' }, 'must be 1 to 64 letters, digits, dots, dashes or underscores'],
    [{ id: 'notices' }, 'must not be a name of the relay’s own'],
    [{ tokenSha256: 'current' }, 'must be 64 lower-case hexadecimal digits'],
    [
      { previousTokens: [{ tokenSha256: REPLACED, until: 'noon' }] },
      'must be a time in UTC such as 2026-03-01T09:30:00Z',
    ],
    [{ previousTokens: Array(5).fill({ tokenSha256: REPLACED, until }) }, 'must be at most 4'],
  ])('with %j is refused with what it must be', (attributes, message) => {
    expect(reasonAgainst(attributes)).toBe(message);
  });
});

describe('the row of a source', () => {
  it('is enabled by default', () => {
    expect(sourceSchema.parse({ id: 'main', tokenSha256: CURRENT })).toEqual(aSource());
  });

  it.each([
    ['a hash in capital letters', CURRENT.toUpperCase()],
    ['a short hash', CURRENT.slice(1)],
    ['a long hash', `${CURRENT}0`],
    ['the token itself', 'current'],
  ])('cannot have %s', (_, tokenSha256) => {
    expect(sourceSchema.safeParse({ id: 'main', tokenSha256 }).success).toBe(false);
  });

  it('may have a description, its times, and four replaced tokens', () => {
    const previousTokens = Array(4).fill({ tokenSha256: REPLACED, until: '2026-03-01T12:00:00Z' });
    const row = {
      id: 'main',
      tokenSha256: CURRENT,
      enabled: false,
      description: 'shop',
      createdAt: 'x',
      updatedAt: 'y',
    };

    expect(sourceSchema.parse({ ...row, previousTokens })).toEqual({
      ...row,
      previousTokens: Array(4).fill({ tokenSha256: REPLACED, until: NOON }),
    });
    expect(
      sourceSchema.safeParse({ ...row, previousTokens: [...previousTokens, previousTokens[0]] }).success,
    ).toBe(false);
  });

  it.each([
    ['an end that is no time', { tokenSha256: REPLACED, until: 'tomorrow' }],
    ['an end in another zone', { tokenSha256: REPLACED, until: '2026-03-01T12:00:00+01:00' }],
    ['no end', { tokenSha256: REPLACED }],
    ['no hash', { tokenSha256: 'x', until: '2026-03-01T12:00:00Z' }],
    ['an unknown attribute', { tokenSha256: REPLACED, until: '2026-03-01T12:00:00Z', token: 'x' }],
  ])('cannot have a replaced token with %s', (_, replaced) => {
    const row = { id: 'main', tokenSha256: CURRENT, previousTokens: [replaced] };

    expect(sourceSchema.safeParse(row).success).toBe(false);
  });

  it('cannot have an unknown attribute', () => {
    expect(sourceSchema.safeParse({ id: 'main', tokenSha256: CURRENT, token: 'x' }).success).toBe(false);
  });
});

describe('the replaced tokens of a source', () => {
  it('are valid until their times, and none is when none was replaced', () => {
    const [valid, ended] = [1, 0].map((at) => ({ tokenSha256: REPLACED, until: seconds(at) }));

    expect(
      validPreviousTokens(aSource({ previousTokens: [valid, ended].flatMap((one) => one ?? []) }), NOON),
    ).toEqual([valid]);
    expect(validPreviousTokens(aSource(), NOON)).toEqual([]);
  });
});

describe('a token', () => {
  it.each([
    ['a'.repeat(43), true],
    [`${'a'.repeat(41)}-_`, true],
    ['a'.repeat(42), false],
    ['a'.repeat(44), false],
    [`${'a'.repeat(42)}=`, false],
  ])('may be %j: %s', (text, expected) => {
    expect(isToken(text)).toBe(expected);
  });
});

describe('the source of a token', () => {
  it('is found by the hash of its token, among others', () => {
    const other = aSource({ id: sourceIdSchema.parse('other'), tokenSha256: sha256Hex('other') });
    const source = aSource();

    expect(findSource([other, source, other], CURRENT, NOON)).toBe(source);
    expect(findSource([other], CURRENT, NOON)).toBeUndefined();
  });

  it('is not found while it is not enabled', () => {
    expect(findSource([aSource({ enabled: false })], CURRENT, NOON)).toBeUndefined();
  });

  it.each([
    ['before', 1, true],
    ['at', 0, false],
  ])('is found by a replaced token only %s its end', (_, until, isFound) => {
    const source = aSource({ previousTokens: [{ tokenSha256: REPLACED, until: seconds(until) }] });

    expect(findSource([source], REPLACED, NOON)).toBe(isFound ? source : undefined);
    expect(findSource([source], CURRENT, NOON)).toBe(source);
  });
});
