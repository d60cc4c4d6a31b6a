import { describe, expect, it } from 'vitest';
import { changed, toColumns } from '../../lib/sqlite/rows.ts';

const NOON = new Date('2026-03-01T12:00:00.000Z');

describe('a row after a change', () => {
  /** The JSON of its attributes and its column `dueAt`, as the file gets them. */
  const written = (row: Record<string, unknown>, change: Record<string, unknown>) => {
    const [attributes, dueAt] = toColumns(changed(row, change), ['dueAt']);
    return { attributes: JSON.parse(attributes), dueAt };
  };

  it('lacks what became null, and keeps what is undefined or not named', () => {
    const change = { gone: null, kept: undefined, changed: 2 };

    expect(written({ gone: 1, kept: 1, changed: 1, other: 1 }, change)).toEqual({
      attributes: { kept: 1, changed: 2, other: 1 },
      dueAt: null,
    });
  });

  it('has times as texts, in the columns and at every depth', () => {
    const change = { dueAt: NOON, at: NOON, attempts: [{ at: NOON }], map: { at: NOON, no: undefined } };

    const text = NOON.toISOString();
    expect(written({}, change)).toEqual({
      attributes: { at: text, attempts: [{ at: text }], map: { at: text } },
      dueAt: text,
    });
  });

  it('has a column in no other place', () => {
    expect(written({ dueAt: 'then' }, {})).toEqual({ attributes: {}, dueAt: 'then' });
    expect(written({ dueAt: 'then' }, { dueAt: null })).toEqual({ attributes: {}, dueAt: null });
    expect(written({ dueAt: 17 }, {})).toEqual({ attributes: {}, dueAt: null });
  });

  it('keeps what a person named like a member of every object', () => {
    const row = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}');

    const [attributes] = toColumns(changed(row, { state: 'ok' }), ['dueAt']);

    expect(attributes).toBe('{"__proto__":{"a":1},"constructor":2,"state":"ok"}');
  });
});
