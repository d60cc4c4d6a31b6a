import { describe, expect, it } from 'vitest';
import { recordOf } from '../../../lib/relay/model/record-of.ts';

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

describe('a record', () => {
  it('has the keys that it was given, whatever their names', () => {
    const record = recordOf(NAMES.map((name) => [name, `the ${name}`]));

    expect(Object.entries(record)).toEqual(NAMES.map((name) => [name, `the ${name}`]));
  });

  it('has no other key, and none of another record', () => {
    recordOf(NAMES.map((name) => [name, 'of another']));
    const record: Record<string, unknown> = recordOf([]);

    for (const name of NAMES) expect([name, record[name], name in record]).toEqual([name, undefined, false]);
  });
});
