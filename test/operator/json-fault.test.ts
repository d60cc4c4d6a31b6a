import { describe, expect, it } from 'vitest';
import { jsonFault } from '../../lib/operator/events/json-fault.ts';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const ORDER =
  '{"Id": "7-501", "Items": [{"Sku": "a\\u0041\\n", "Price": -1.5e3}, null, true], "x": {}, "y": []}\n';

describe('jsonFault', () => {
  it.each(['{}', '[]', '0', '"“"', ' [1 , 2]\r\n', '"\u007f\u0085\u2028"', ORDER])(
    'finds none in %j',
    (text) => {
      expect(jsonFault(text)).toBeUndefined();
    },
  );

  it.each<[string, number, number, string | undefined]>([
    ['{“Id”: 1}', 1, 2, '“'],
    ['{\n  "Id": 1,\n  “NiceId”: 2\n}', 3, 3, '“'],
    ['{"a": 1,}', 1, 9, '}'],
    ['[1,]', 1, 4, ']'],
    ['{"a" 1}', 1, 6, '1'],
    ['[1}', 1, 3, '}'],
    ['{"a": 1]', 1, 8, ']'],
    ['{} {}', 1, 4, '{'],
    ['', 1, 1, undefined],
    ['{"a": [', 1, 8, undefined],
    ['"a', 1, 1, '"'],
    ['01', 1, 2, '1'],
    ['{1: 2}', 1, 2, '1'],
    ['\u{1f9f5}', 1, 1, '\u{1f9f5}'],
    ['"a\tb"', 1, 1, '"'],
    [',', 1, 1, ','],
    ['[:]', 1, 2, ':'],
    [']', 1, 1, ']'],
  ])('finds the mistake in %j', (text, line, character, found) => {
    expect(jsonFault(text)).toEqual({ line, character, ...(found !== undefined && { found }) });
  });

  it('agrees with JSON.parse about every text with one character removed or replaced', () => {
    const characters = [...'{}[],:"\\ \n01-.eEtn“'];
    for (let at = 0; at < ORDER.length; at++) {
      for (const character of ['', ...characters]) {
        const text = ORDER.slice(0, at) + character + ORDER.slice(at + 1);
        expect(jsonFault(text) === undefined, text).toBe(isJson(text));
      }
    }
  });

  it('needs no stack for deep nesting', () => {
    const deep = '['.repeat(100_000);
    expect(jsonFault(deep + ']'.repeat(100_000))).toBeUndefined();
    expect(jsonFault(deep)).toEqual({ line: 1, character: 100_001 });
  });
});
