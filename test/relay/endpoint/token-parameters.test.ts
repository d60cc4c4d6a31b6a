import { describe, expect, it } from 'vitest';
import { tokenParametersSchema } from '../../../lib/relay/endpoint/token-parameters.ts';

const reasonsAgainst = (parameters: unknown) =>
  tokenParametersSchema.safeParse(parameters).error?.issues.map(({ message }) => message);

const parameters = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 'x']));

describe('the token parameters of an endpoint', () => {
  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['20', parameters(20)],
    ['names with any visible ASCII character', { '!~[]': 'x', ['n'.repeat(100)]: 'x' }],
    ['values of 4,096 characters', { soid: 'x'.repeat(4_096) }],
    ['references', { soid: 'ssm:/relay/soid' }],
    ['names that JavaScript has for itself', JSON.parse('{"__proto__":"x","constructor":"y"}')],
  ])('may be %s', (_, given) => {
    const parsed = tokenParametersSchema.safeParse(given);

    expect(Object.entries(parsed.data ?? {})).toEqual(Object.entries(given));
    expect(parsed.success).toBe(true);
  });

  it.each(['audience', 'client_id', 'client_secret', 'grant_type', 'scope'])(
    'cannot be %s, which has its own place',
    (name) => {
      expect(reasonsAgainst({ [name]: 'x' })).toEqual([
        `must not have ${name}, which is set by another part of auth`,
      ]);
    },
  );

  it.each<[string, unknown, string]>([
    ['a list', ['x'], 'must be a map of names and values'],
    ['null', null, 'must be a map of names and values'],
    ['text', 'x', 'must be a map of names and values'],
    ['21', parameters(21), 'must be 20 at most'],
    ['of an empty name', { '': 'x' }, 'must have names of 1 to 100 visible ASCII characters'],
    ['of a long name', { ['n'.repeat(101)]: 'x' }, 'must have names of 1 to 100 visible ASCII characters'],
    ['of a name with a space', { 'a b': 'x' }, 'must have names of 1 to 100 visible ASCII characters'],
    ['of a number', { soid: 7 }, 'must have text as the value of soid'],
    [
      'of a long value',
      { soid: 'x'.repeat(4_097) },
      'must have at most 4096 characters as the value of soid',
    ],
    ['of an empty value', { soid: '' }, 'must have a good value for soid, which must not be empty'],
  ])('cannot be %s', (_, given, reason) => {
    expect(reasonsAgainst(given)).toEqual([reason]);
  });

  it('are refused with each reason once', () => {
    expect(reasonsAgainst({ 'a b': 'x', 'c d': 'x', scope: 'x' })).toEqual([
      'must have names of 1 to 100 visible ASCII characters',
      'must not have scope, which is set by another part of auth',
    ]);
  });
});
