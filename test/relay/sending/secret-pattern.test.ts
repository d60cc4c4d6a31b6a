import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { mayHaveOne, patternOf } from '../../../lib/relay/sending/secret-pattern.ts';

/** The text without the secret. */
const without = (secret: string, text: string) =>
  patternOf(secret).forms.reduce((part, pattern) => part.replace(pattern, '***'), text);

/** So many different characters, none of which needs an escape. */
const aKey = (length: number) =>
  Array.from({ length }, (_, index) => String.fromCharCode(97 + ((index * index + index) % 23))).join('');

describe('a text', () => {
  const key = randomBytes(32).toString('base64');
  const mayHaveKey = (...others: string[]) => mayHaveOne([key, ...others].map(patternOf));

  it('may have a secret when it has as many characters in a row as half of one', () => {
    expect(mayHaveKey()(`(${'x'.repeat(22)})`)).toBe(true);
    expect(mayHaveKey()('x'.repeat(22))).toBe(true);
    expect(mayHaveKey()(`(${'x'.repeat(21)})`)).toBe(false);
    expect(mayHaveKey('a-short-one')(`(${'x'.repeat(21)})`)).toBe(true);
  });

  it('with the headers of a usual answer has none', () => {
    expect(mayHaveKey()('ok\n\nSun, 29 Nov 2026 12:15:00 GMT\n\nkeep-alive\n\ntimeout=5\n\n2')).toBe(false);
  });

  it('has none when there is none to have', () => {
    expect(mayHaveOne([])('anything')).toBe(false);
  });
});

describe('a secret', () => {
  it.each<[string, string[]]>([
    [
      '\n',
      [
        String.raw`\n`,
        String.raw`\\n`,
        String.raw`\u000a`,
        String.raw`\u000A`,
        '%0a',
        '%0A',
        '%250A',
        '&#10;',
      ],
    ],
    ['\r', [String.raw`\r`, '%0D', '&#13;', '&#xd;']],
    ['\t', [String.raw`\t`, '%09', '&#9;']],
    ['\f', [String.raw`\f`]],
    ['\b', [String.raw`\b`]],
    [
      '&',
      [
        '&amp;',
        '&amp',
        '&amp;amp;',
        '&#38;',
        '&#0038;',
        '&#x26;',
        String.raw`\u0026`,
        '%26',
        '%2526',
        '%252526',
      ],
    ],
    ['<', ['&lt;', '&lt', '&amp;lt;', '&#60;', '&#X3C;', String.raw`\u003c`]],
    ['>', ['&gt;', '&gt', '&amp;gt;', '&#62;']],
    ['"', ['&quot;', '&amp;quot;', '&#34;', '&#x22;', String.raw`\"`, String.raw`\\\"`]],
    ["'", ['&apos;', '&#39;', '&#x27;', '%27']],
    [' ', ['+', '%20', '%2520']],
    ['+', ['%2B', '%2b', '&#43;']],
    ['/', [String.raw`\/`, '%2F', '%252f', '&#47;']],
    ['\\', [String.raw`\\`, '%5C', String.raw`\u005c`]],
    ['é', ['%C3%A9', '%c3%a9', String.raw`\u00e9`, String.raw`\u00E9`, '&#233;', '&#xE9;', 'Ã©']],
    ['🧵', ['%F0%9F%A7%B5', String.raw`\ud83e\uddf5`, String.raw`\uD83E\uDDF5`, '&#129525;', '&#x1f9f5;']],
  ])('of the character %j is found in each of its forms', (character, forms) => {
    for (const form of [character, ...forms]) {
      expect([form, without(character.repeat(8), form.repeat(8))]).toEqual([form, '***']);
      expect([form, mayHaveOne([patternOf(character.repeat(8))])(`you sent ${form.repeat(8)}!`)]).toEqual([
        form,
        true,
      ]);
    }
  });

  it('is not found in other characters', () => {
    for (const text of ['++++++++', 'aaaaaaaa', 'hgfedcba']) expect(without('abcdefgh', text)).toBe(text);
  });

  it('is found wherever it stands, to its end', () => {
    const secret = 'key-1234 {"a":[1]}';

    expect(without(secret, `${secret}, ${secret}!`)).toBe('***, ***!');
  });

  it.each([
    'Pz8/Pj4+Pz8/Pj4+',
    'Pz8_Pj4-Pz8_Pj4-',
    'Pz8%2FPj4%2BPz8%2FPj4%2B',
    'Pz8%2fPj4%2bPz8%2fPj4%2b',
    String.raw`Pz8\/Pj4+Pz8\/Pj4+`,
  ])('is found in base64 as %s', (text) => {
    expect(without('??>>>???>>>'.padStart(12, '?'), text)).toBe('***');
  });

  it.each(['', 'a', 'ab'])('is found in base64 between %j and other bytes, however short', (before) => {
    const secret = 'Zk7!pQ';

    expect(without(secret, btoa(`${before}${secret}xyz`))).toContain('***');
    expect(without(secret, btoa(`${before}${secret}~~~`))).toContain('***');
  });

  it('is compared to its 512th character: what follows the beginning of a longer one is not shown', () => {
    expect(without(aKey(512), `${aKey(512)} and more`)).toBe('*** and more');
    expect(without(aKey(513), `you sent ${aKey(513)} and more`)).toBe('you sent ***');
    expect(without(aKey(600), `you sent ${aKey(300)}, and more`)).toBe('you sent ***');
  });
});
