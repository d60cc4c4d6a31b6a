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

  it('stays short, however deep the text is nested', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

    expect(indentedJson(deep)?.length).toBeLessThan(202_000);
  });

  it('is not made of a very long text', () => {
    expect(indentedJson(JSON.stringify('x'.repeat(500_000)))).toBeUndefined();
  });
});
