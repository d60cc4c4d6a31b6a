import { describe, expect, it } from 'vitest';
import { isoSpellings, toAttribute, toAttributes } from '../../../lib/relay/rows/attributes.ts';
import {
  endpointIdIn,
  isOutcomeMap,
  outcomeKey,
  toOutcomeMap,
  withOutcome,
} from '../../../lib/relay/rows/outcome-map.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { NOON } from '../attempts.ts';

const NOON_TEXT = '2026-03-01T12:00:00.000Z';

describe('the attributes of a row', () => {
  it('have times as text, at every depth', () => {
    expect(toAttributes({ at: NOON, list: [NOON, { at: NOON }], map: { at: NOON } })).toEqual({
      at: NOON_TEXT,
      list: [NOON_TEXT, { at: NOON_TEXT }],
      map: { at: NOON_TEXT },
    });
    expect(toAttribute(NOON)).toBe(NOON_TEXT);
  });

  it('leave out what is undefined, and nothing else', () => {
    const attributes = toAttributes({
      gone: undefined,
      no: null,
      zero: 0,
      empty: '',
      off: false,
      map: { gone: undefined },
    });

    expect(Object.entries(attributes)).toEqual([
      ['no', null],
      ['zero', 0],
      ['empty', ''],
      ['off', false],
      ['map', {}],
    ]);
  });

  it('may have every name', () => {
    const attributes = toAttributes(JSON.parse('{"__proto__":{"a":1},"constructor":2}'));

    expect(JSON.stringify(attributes)).toBe('{"__proto__":{"a":1},"constructor":2}');
  });
});

describe('a time in a row', () => {
  it('has two spellings at a whole second, and one between seconds', () => {
    expect(isoSpellings(NOON)).toEqual({ full: NOON_TEXT, short: '2026-03-01T12:00:00Z' });
    const between = '2026-03-01T12:00:00.500Z';
    expect(isoSpellings(new Date(between))).toEqual({ full: between, short: between });
  });
});

describe('the map of outcomes', () => {
  const dead = { state: 'dead' } as const;

  it.each([
    ['erp', 'erp'],
    ['constructor', 'constructor#'],
    ['__proto__', '__proto__#'],
  ])('has the outcome of %s under %s', (id, key) => {
    const endpointId = anEndpointId(id);

    const map = toOutcomeMap({ [anEndpointId('shop')]: dead, [endpointId]: dead });
    expect(Object.entries(map)).toEqual([
      ['shop', dead],
      [key, dead],
    ]);
    expect(outcomeKey(endpointId)).toBe(key);
    expect(endpointIdIn(key)).toBe(id);
  });

  it('keeps the other outcomes when one is replaced', () => {
    const replaced = withOutcome({ erp: { state: 'pending' }, shop: dead }, anEndpointId('erp'), dead);

    expect(replaced).toEqual({ erp: dead, shop: dead });
  });

  it.each([undefined, null, 'delivered', ['delivered']])('begins anew when it was %j', (outcomes) => {
    expect(isOutcomeMap(outcomes)).toBe(false);
    expect(withOutcome(outcomes, anEndpointId('erp'), dead)).toEqual({ erp: dead });
  });
});
