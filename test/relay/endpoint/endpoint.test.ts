import { describe, expect, it } from 'vitest';
import { parseRows } from '../../../lib/relay/config-rows.ts';
import {
  type Endpoint,
  endpointSchema,
  isAddressedTo,
  isSubscribedTo,
} from '../../../lib/relay/endpoint/endpoint.ts';
import { endpointIdSchema } from '../../../lib/relay/endpoint/endpoint-id.ts';
import { NOTICES, type SourceId, TESTS } from '../../../lib/relay/model/ids.ts';
import { anEndpointId } from '../../ports/builders.ts';

const MAIN = 'main' as SourceId;
const OTHER = 'other' as SourceId;

/** The reason why an endpoint with these attributes is invalid; undefined when it is valid. */
function reasonAgainst(attributes: object, id = 'erp'): string | undefined {
  const row = { id, attributes: { url: 'https://erp.example/', ...attributes } };
  return parseRows([row], endpointSchema).invalid[0]?.reason;
}

function parsed(attributes: object): Endpoint | undefined {
  const row = { id: 'erp', attributes: { url: 'https://erp.example/', ...attributes } };
  return parseRows([row], endpointSchema).valid[0];
}

describe('an endpoint id', () => {
  it.each(['e', 'erp-1', 'ERP system', 'Zürich 🧵', 'constructor', 'e'.repeat(64)])('may be %j', (id) => {
    expect(endpointIdSchema.safeParse(id).success).toBe(true);
  });

  it.each([
    ['', '1 to 64 visible characters'],
    ['e'.repeat(65), '1 to 64 visible characters'],
    ['a#b', '1 to 64 visible characters, without #'],
    ['a\nb', '1 to 64 visible characters'],
    ['fan-out', 'must not be fan-out'],
  ])('cannot be %j', (id, message) => {
    expect(endpointIdSchema.safeParse(id).error?.issues[0]?.message).toContain(message);
  });
});

describe('the attributes of an endpoint', () => {
  it.each<[string, unknown]>([
    ['timeoutSeconds', 1],
    ['timeoutSeconds', 2.5],
    ['timeoutSeconds', 30],
    ['maxAttempts', 1],
    ['maxAttempts', 100],
    ['rateLimitPerSecond', 0.01],
    ['rateLimitPerSecond', 1_000],
    ['debounceSeconds', 1],
    ['debounceSeconds', 900],
    ['filter', 'x'],
    ['transform', 'x'.repeat(8_192)],
    ['contentType', 'text/xml'],
    ['contentType', 'text/xml; charset=utf-8'],
    ['contentType', 'text/xml  ;charset=utf-8'],
    ['contentType', `text/${'x'.repeat(195)}`],
    ['sources', ['main', 'other']],
    ['sources', []],
    ['state', 'enabled'],
    ['state', 'paused'],
    ['state', 'disabled'],
    ['ordering', 'latest'],
    ['ordering', 'strict'],
    ['ordering', 'none'],
    ['orderId', 'append'],
    ['orderId', 'none'],
    ['notices', true],
    ['skipUnchanged', true],
    ['description', 'The warehouse'],
    ['createdAt', '2026-03-01T12:00:00Z'],
    ['updatedAt', '2026-03-01T12:00:00Z'],
  ])('%s may be %j', (name, value) => {
    expect(reasonAgainst({ [name]: value })).toBeUndefined();
    expect(parsed({ [name]: value })).toHaveProperty(name, value);
  });

  it.each<[string, unknown]>([
    ['timeoutSeconds', 0.9],
    ['timeoutSeconds', 30.1],
    ['maxAttempts', 0],
    ['maxAttempts', 101],
    ['maxAttempts', 1.5],
    ['rateLimitPerSecond', 0.009],
    ['rateLimitPerSecond', 1_001],
    ['debounceSeconds', 0],
    ['debounceSeconds', 901],
    ['debounceSeconds', 1.5],
    ['filter', ''],
    ['transform', 'x'.repeat(8_193)],
    ['contentType', 'xml'],
    ['contentType', 'text/xml/x'],
    ['contentType', ' text/xml'],
    ['contentType', 'text/xml charset=utf-8'],
    ['contentType', 'text/xml; charset=é'],
    ['contentType', 'tüxt/xml'],
    ['contentType', 'text/xml;\nx: y'],
    ['contentType', `text/${'x'.repeat(196)}`],
    ['sources', 'main'],
    ['sources', [1]],
    ['state', 'on'],
    ['ordering', 'first'],
    ['notices', 'yes'],
    ['skipUnchanged', 'yes'],
    ['description', 1],
    ['createdAt', 1],
    ['updatedAt', 1],
  ])('%s cannot be %j', (name, value) => {
    expect(reasonAgainst({ [name]: value })).toMatch(new RegExp(`^${name}[:.]`));
  });

  it('are optional, except the URL', () => {
    expect(parsed({})).toEqual({
      id: 'erp',
      url: 'https://erp.example/',
      orderId: 'append',
      state: 'enabled',
      ordering: 'latest',
      timeoutSeconds: 10,
      maxAttempts: 10,
      skipUnchanged: false,
      notices: false,
    });
  });

  it.each<[string, unknown, string]>([
    ['orderId', 'last', 'must be append or none'],
    ['filter', '', 'must not be empty'],
    ['transform', 'x'.repeat(8_193), 'must be at most 8192 characters'],
    ['contentType', `text/${'x'.repeat(196)}`, 'must be at most 200 characters'],
    ['contentType', 'xml', 'must be a media type such as application/json'],
    ['contentType', 'text/é', 'must be a media type such as application/json'],
    ['signingSecret', 'hush', 'must be whsec_ and the base64 of 24 to 64 bytes'],
    ['previousSigningSecrets', 'hush', 'must be a list'],
  ])('say of %s %j what it must be', (name, value, message) => {
    expect(reasonAgainst({ [name]: value })).toBe(`${name}: ${message}`);
  });

  it('have the ends of replaced signing secrets as times, in any time zone', () => {
    const secret = 'ssm:/relay/erp/signing';
    const previousSigningSecrets = [{ secret, until: '2026-03-01T13:00:00+01:00' }];

    expect(parsed({ previousSigningSecrets })).toMatchObject({
      previousSigningSecrets: [{ secret, until: new Date('2026-03-01T12:00:00Z') }],
    });
  });

  it.each(['authorization', 'Authorization'])('cannot be a header %s beside auth', (name) => {
    const auth = { type: 'bearer', token: 'secret' };

    expect(reasonAgainst({ auth, headers: { [name]: 'y' } })).toBe(
      `headers: must not have ${name} beside auth`,
    );
  });

  it.each([
    ['latest', undefined],
    ['strict', 'debounceSeconds: goes with the ordering latest alone'],
    ['none', 'debounceSeconds: goes with the ordering latest alone'],
  ])('may be debounceSeconds with the ordering `%s`: %s', (ordering, reason) => {
    const found = reasonAgainst({ ordering, debounceSeconds: 60 });

    expect(found?.slice(0, reason?.length)).toBe(reason);
    expect(reasonAgainst({ ordering })).toBeUndefined();
  });

  it('may be headers beside auth, if their names differ', () => {
    const auth = { type: 'header', name: 'x-key', value: 'secret' };

    expect(reasonAgainst({ auth, headers: { 'x-other': 'y' } })).toBeUndefined();
    expect(reasonAgainst({ auth })).toBeUndefined();
  });
});

describe('an endpoint without a list of sources', () => {
  it('is subscribed to every source', () => {
    expect(isSubscribedTo({ sources: undefined }, MAIN)).toBe(true);
  });
});

describe('an endpoint with a list of sources', () => {
  it.each([
    [MAIN, true],
    [OTHER, false],
    [NOTICES, true],
    [TESTS, true],
  ])('is subscribed to %s: %s', (source, expected) => {
    expect(isSubscribedTo({ sources: [MAIN] }, source)).toBe(expected);
  });

  it('is subscribed to no source when the list is empty', () => {
    expect(isSubscribedTo({ sources: [] }, MAIN)).toBe(false);
  });
});

describe('an event is addressed to an endpoint', () => {
  const ERP = anEndpointId('erp');
  const SHOP = anEndpointId('shop');

  it.each([
    ['of a source that it is subscribed to', { notices: false }, { source: MAIN }, true],
    ['of another source', { notices: false }, { source: OTHER }, false],
    ['that tests it', { notices: false }, { source: TESTS, endpointId: ERP }, true],
    ['that tests another endpoint', { notices: true }, { source: TESTS, endpointId: SHOP }, false],
    ['that is a notice about another one', { notices: true }, { source: NOTICES, endpointId: SHOP }, true],
    ['that is a notice about no endpoint', { notices: true }, { source: NOTICES }, true],
    ['that is a notice about itself', { notices: true }, { source: NOTICES, endpointId: ERP }, false],
    ['that is a notice it does not want', { notices: false }, { source: NOTICES, endpointId: SHOP }, false],
  ])('%s: %o, %o, %s', (_, endpoint, event, expected) => {
    expect(isAddressedTo({ id: ERP, sources: [MAIN], ...endpoint }, event)).toBe(expected);
  });
});
