import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkAttributes } from '../../lib/operator/attributes.ts';
import { InvalidInputError } from '../../lib/operator/errors.ts';
import { endpointSchema } from '../../lib/relay/endpoint/endpoint.ts';

const VALID = { id: 'erp', url: 'https://erp.example/' };

/** The problems by attribute. */
function problemsOf(schema: z.core.$ZodType, attributes: Readonly<Record<string, unknown>>) {
  try {
    checkAttributes(schema, attributes);
  } catch (error) {
    if (error instanceof InvalidInputError) {
      return Object.fromEntries(error.issues.map(({ attribute, problem }) => [attribute, problem]));
    }
    throw error;
  }
  return {};
}

describe('attributes', () => {
  it('are given back with the defaults filled in', () => {
    expect(checkAttributes(endpointSchema, VALID)).toMatchObject({
      ...VALID,
      state: 'enabled',
      maxAttempts: 10,
    });
  });

  it.each<[string, unknown, string]>([
    ['url', undefined, 'must be an absolute http or https URL'],
    ['url', 'ftp://erp.example', 'must be an absolute http or https URL'],
    ['url', 'https://a:b@erp.example', 'must not carry a user name or password: put them into auth'],
    ['state', 'off', 'must be enabled, paused or disabled'],
    ['timeoutSeconds', 31, 'must be at most 30'],
    ['timeoutSeconds', 0, 'must be at least 1'],
    ['timeoutSeconds', '10', 'must be a number'],
    ['maxAttempts', 1.5, 'must be a whole number'],
    ['sources', 'main', 'must be an array'],
    ['description', 7, 'must be text'],
    ['colour', 'red', 'is not an attribute of this row'],
  ])('are named with their rules when they are invalid: %s %j %s', (attribute, value, problem) => {
    expect(problemsOf(endpointSchema, { ...VALID, [attribute]: value })).toEqual({ [attribute]: problem });
  });

  it('are named all at once', () => {
    const wrong = problemsOf(endpointSchema, { ...VALID, state: 'of', maxAttempts: 0, colour: 'red' });

    expect(Object.keys(wrong).sort()).toEqual(['colour', 'maxAttempts', 'state']);
  });

  it('are missing, not of a wrong type, when they are not there', () => {
    expect(problemsOf(z.object({ id: z.string() }), {})).toEqual({ id: 'is missing' });
  });

  it('are never repeated in an error', () => {
    const secret = 'https://user:secret@erp.example';

    expect(JSON.stringify(problemsOf(endpointSchema, { ...VALID, url: secret }))).not.toContain('secret');
  });
});
