import { describe, expect, it, vi } from 'vitest';
import { ConfigRowReader, parseRows } from '../../lib/relay/config-rows.ts';
import { endpointSchema } from '../../lib/relay/endpoint/endpoint.ts';
import { StoreError } from '../../lib/relay/ports/event-log.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { aRelay } from './a-relay.ts';

const row = (id: string, attributes: Record<string, unknown> = {}) => ({
  id,
  attributes: { url: `https://${id}.example.com/hook`, ...attributes },
});

describe('parseRows', () => {
  it('gives an endpoint its defaults: everything but the URL', () => {
    expect(parseRows([row('erp')], endpointSchema)).toEqual({
      valid: [
        {
          id: 'erp',
          url: 'https://erp.example.com/hook',
          state: 'enabled',
          orderId: 'append',
          ordering: 'latest',
          timeoutSeconds: 10,
          maxAttempts: 10,
          notices: false,
          skipUnchanged: false,
        },
      ],
      invalid: [],
    });
  });

  it.each([
    'erp.example.com/hook',
    'http://',
    'https://',
    '//erp.example.com',
    'https:///',
    'ftp://erp.example.com',
    'javascript:alert(1)',
    '',
    ' ',
    'https://erp example com',
    'https://user:secret@erp.example.com/',
    'https://[::1',
    17,
    null,
    undefined,
  ])('names an endpoint whose URL is %j, and goes on with the others', (url) => {
    const { valid, invalid } = parseRows([row('bad', { url }), row('good')], endpointSchema);

    expect(valid.map(({ id }) => id)).toEqual(['good']);
    expect(invalid).toEqual([{ id: 'bad', reason: expect.stringMatching(/^url: /) }]);
  });

  it('never shows a value in its reasons: addresses carry secrets', () => {
    const wrong = row('bad', { url: 'https://user:secret@erp/', state: 'secret', ordering: ['secret'] });

    const [named] = parseRows([wrong], endpointSchema).invalid;

    expect(named?.reason).toMatch(/url: .*; state: .*; ordering: /);
    expect(named?.reason).not.toContain('secret');
  });

  it('names every attribute that is wrong or unknown', () => {
    const wrong = row('bad', { timeoutSeconds: 31, maxAttempts: 0, rateLimitPerSecond: 0, timout: 5 });

    expect(parseRows([wrong], endpointSchema).invalid[0]?.reason).toMatch(
      /timeoutSeconds.*maxAttempts.*rateLimitPerSecond.*timout/,
    );
  });
});

describe('a reader of config rows', () => {
  it('parses a row again only after it has changed', async () => {
    const reader = new ConfigRowReader(new MemoryTelemetry(), 'endpoint', endpointSchema);
    const read = (attributes = {}) => reader.read(Promise.resolve([row('erp', attributes), row('shop')]));
    const [first, unchanged, changed] = [await read(), await read(), await read({ headers: { 'x-a': '1' } })];

    expect(unchanged.valid[0]).toBe(first.valid[0]);
    expect(changed.valid[0]).toMatchObject({ id: 'erp', headers: { 'x-a': '1' } });
    expect(changed.valid[1]).toBe(first.valid[1]);
  });

  it('drops a row that is gone, and reports an invalid one at every read', async () => {
    const telemetry = new MemoryTelemetry();
    const reader = new ConfigRowReader(telemetry, 'endpoint', endpointSchema);

    await reader.read(Promise.resolve([row('erp'), row('bad', { url: 'bad' })]));
    const { valid, invalid } = await reader.read(Promise.resolve([row('bad', { url: 'bad' })]));

    expect([valid.length, invalid.length]).toEqual([0, 1]);
    expect(telemetry.log.map(({ fields }) => fields?.id)).toEqual(['bad', 'bad']);
  });
});

describe('the config of a running function', () => {
  it('is read again after ten seconds, together with how the endpoints fare', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    expect((await relay.config.endpoints()).valid).toHaveLength(1);

    relay.endpoint('shop');
    relay.health('shop', { state: 'failing' });
    relay.clock.advance(9_999);
    expect((await relay.config.endpoints()).valid).toHaveLength(1);
    relay.clock.advance(1);
    expect((await relay.config.endpoints()).valid).toHaveLength(2);
    expect(relay.config.health.ids()).toEqual(['erp', 'shop']);
  });

  it('is read once for all who ask at the same time', async () => {
    const relay = aRelay();
    const rows = vi.spyOn(relay.configTable, 'rows');

    await Promise.all(Array.from({ length: 20 }, () => relay.config.endpoints()));

    expect(rows.mock.calls).toEqual([['endpoint'], ['health']]);
  });

  it('stays in force when it cannot be read again', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    await relay.config.endpoints();
    vi.spyOn(relay.configTable, 'rows').mockRejectedValue(new StoreError('throttled'));

    relay.minutes(60);

    expect((await relay.config.endpoints()).valid).toHaveLength(1);
    expect(relay.telemetry.log).toMatchObject([{ level: 'error' }]);
  });

  it('passes over a health row whose id is none of an endpoint’s', async () => {
    const relay = aRelay();
    relay.health('a#b', { state: 'failing' });
    relay.health('fan-out', { state: 'failing' });

    await relay.config.endpoints();

    expect(relay.config.health.ids()).toEqual([]);
  });
});
