import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parseJson, parseJsonWithNumbersAsText } from '../../../lib/relay/model/exact-json.ts';
import { anyChar } from '../../any-char.ts';

describe('parseJson', () => {
  it.each([
    ['12345', 12345],
    ['-0', -0],
    ['0.10', 0.1],
    ['19.99', 19.99],
    ['1.23456789012345', 1.23456789012345],
    ['0.00123456789012345', 0.00123456789012345],
    ['123456789012345', 123456789012345],
    ['123456789012345000000', 123456789012345000000],
    ['1e20', 1e20],
    ['0e999', 0],
  ])('gives %s as a number', (text, number) => {
    expect(parseJson(text)).toBe(number);
  });

  it.each([
    '9007199254740993',
    '-12345678901234567890',
    '1234567890123456',
    '0.1234567890123456789',
    '1e21',
    '1000000000000000000000',
    '1e400',
    '-1E+400',
    '1e-400',
    '1.5e-310',
  ])('gives %s as text, because JavaScript would change it', (text) => {
    expect(parseJson(text)).toBe(text);
    expect(parseJson(`{"a": [1, ${text} , {"b":${text}}]}`)).toEqual({ a: [1, text, { b: text }] });
  });

  it('leaves digits in texts and names alone', () => {
    const text = String.raw`{"9007199254740993":"9007199254740993","\\":"\"9007199254740993","c":9007199254740993}`;

    expect(parseJson(text)).toEqual({ ...JSON.parse(text), c: '9007199254740993' });
  });

  it('leaves digits alone in a text after one that ends with a backslash', () => {
    const text = String.raw`{"\\":"\\","a":"9007199254740993"}`;

    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('keeps the digits in an order that is nested deeply', () => {
    const deep = `{"Id":9007199254740993,"x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;

    expect(parseJson(deep)).toMatchObject({ Id: '9007199254740993' });
    expect(parseJsonWithNumbersAsText(deep)).toMatchObject({ Id: '9007199254740993' });
  });

  it('gives what JSON.parse gives for every value without such a number', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: anyChar }), (value) => {
        const text = JSON.stringify(value, (_, part) => (typeof part === 'number' ? short(part) : part));
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    '{1:2}',
    '{"a":-}',
    `{"a":-${' '.repeat(40)}}`,
    '{9007199254740993 : 1}',
    '01',
    '1.',
    '.5',
    '-',
    '+1',
    '1 2',
    '"a"1',
    '',
    '{"a":1',
    'NaN',
  ])('does not accept %s, which is not JSON', (text) => {
    expect(parseJson(text)).toBeUndefined();
    expect(parseJsonWithNumbersAsText(text)).toBeUndefined();
  });

  it('accepts exactly the texts that JSON.parse accepts', () => {
    const part = fc.constantFrom(
      '1',
      '9007199254740993',
      '-',
      '.',
      'e',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
        (text) => {
          expect(
            [parseJson(text), parseJsonWithNumbersAsText(text)].map((value) => value !== undefined),
          ).toEqual(Array(2).fill(isJson(text)));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('parseJsonWithNumbersAsText', () => {
  it('gives every member that is a number digit for digit', () => {
    const text = '{"a":1.0,"b":[{"c": -0,"d" :1E5},[{"e":9007199254740993}]],"f":true,"g":"7"}';

    expect(parseJsonWithNumbersAsText(text)).toEqual({
      a: '1.0',
      b: [{ c: '-0', d: '1E5' }, [{ e: '9007199254740993' }]],
      f: true,
      g: '7',
    });
  });
});

describe('a list of many numbers', () => {
  const numbers = `[${Array(10_000).fill('123456789012.5').join()}]`;

  it.each([parseJson, parseJsonWithNumbersAsText])('is not examined number by number: %o', (parseText) => {
    const exec = vi.spyOn(RegExp.prototype, 'exec');

    const parsed = parseText(`{"Id":1,"list":${numbers}}`);

    const steps = exec.mock.calls.length;
    vi.restoreAllMocks();
    expect(parsed).toMatchObject({ list: JSON.parse(numbers) });
    expect(steps).toBeLessThan(20);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A number of few digits. */
function short(number: number): number {
  return Math.round((number % 1e9) * 1e3) / 1e3;
}
