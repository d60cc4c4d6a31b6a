import { describe, expect, it } from 'vitest';
import { customHeadersSchema } from '../../../lib/relay/endpoint/custom-headers.ts';
import { faultOfName, isHeaderValue, sizeOf } from '../../../lib/relay/endpoint/header.ts';

const reasonsAgainst = (headers: unknown) =>
  customHeadersSchema.safeParse(headers).error?.issues.map(({ message }) => message);

describe('custom headers', () => {
  it('have their names and values as the row has them', () => {
    expect(customHeadersSchema.parse({ 'X-Key': 'a b', 'x-id': 'ssm:/key' })).toEqual({
      'X-Key': 'a b',
      'x-id': 'ssm:/key',
    });
  });

  it('may come to 8192 bytes, names included, and no more', () => {
    expect(reasonsAgainst({ 'x-key': 'v'.repeat(8_187) })).toBeUndefined();
    expect(reasonsAgainst({ 'x-key': 'v'.repeat(8_188) })).toEqual(['must come to 8192 bytes at most']);
    expect(sizeOf({ ab: 'cde', f: 'g' })).toBe(7);
  });

  it.each<[string, unknown, string[]]>([
    ['null', null, ['must be a map of names and values']],
    ['a list', ['x'], ['must be a map of names and values']],
    ['text', 'x', ['must be a map of names and values']],
    ['a number as a value', { 'x-key': 7 }, ['must have text as the value of x-key']],
    ['an empty value', { 'x-key': '' }, ['must have a good value for x-key, which must not be empty']],
    [
      'a blank value',
      { 'x-key': ' \t' },
      ['must have visible ASCII characters, spaces and tabs alone in the value of x-key'],
    ],
    ['two bad names', { 'a b': 'x', 'c d': 'x' }, ['must have names of letters, digits and hyphens']],
    [
      'one name three times',
      { 'x-a': 'x', 'X-a': 'x', 'X-A': 'x' },
      ['must have x-a once', 'must have x-a once'],
    ],
    [
      'a bad name beside a bad value',
      { Host: 'x', 'x-key': 7 },
      ['must not have Host, which the relay sets itself', 'must have text as the value of x-key'],
    ],
  ])('cannot be %s', (_, headers, reasons) => {
    expect(reasonsAgainst(headers)).toEqual(reasons);
  });
});

describe('a header name', () => {
  it.each<[string, ReturnType<typeof faultOfName>]>([
    ["!#$%&'*+.^_`|~-", undefined],
    ['x', undefined],
    ['', 'malformed'],
    ['x y', 'malformed'],
    [' x', 'malformed'],
    ['x ', 'malformed'],
    ['Host', 'reserved'],
    ['proxy-x', 'reserved'],
    ['WEBHOOK-x', 'reserved'],
    ['x-webhook-id', undefined],
    ['proxy', undefined],
    ['hosts', undefined],
  ])('%j has the fault %s', (name, fault) => {
    expect(faultOfName(name)).toBe(fault);
  });
});

describe('a header value', () => {
  it.each([
    ['a', true],
    [' a\tb ', true],
    ['!~', true],
    ['', false],
    [' \t', false],
    ['a\n', false],
    ['\na', false],
    ['a\u007f', false],
    ['é', false],
  ])('%j is valid: %s', (text, isValid) => {
    expect(isHeaderValue(text)).toBe(isValid);
  });
});
