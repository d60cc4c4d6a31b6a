import { describe, expect, it } from 'vitest';
import { indentedJson } from '../../../lib/console/orders/indented-json.ts';

describe('indented JSON', () => {
  it.each([
    '{"a":[1,{"b":"x, {y}: \\" z"}],"c":{},"d":[],"e":null}',
    '[ ]',
    '"text"',
    '{"a":"\\\\","b":[[],[[]]]}',
  ])('is indented as JSON.stringify does it: %s', (text) => {
    expect(indentedJson(text)).toBe(JSON.stringify(JSON.parse(text), null, 2));
  });

  it('keeps numbers, escapes and repeated names as the sender wrote them', () => {
    expect(indentedJson('{"n":12345678901234567890.10,"n":"\\u00e9"}')).toBe(
      '{\n  "n": 12345678901234567890.10,\n  "n": "\\u00e9"\n}',
    );
  });

  it('leaves other text alone', () => {
    expect(indentedJson('{"a":')).toBeUndefined();
  });
});
