import { describe, expect, it, vi } from 'vitest';
import { parseRows } from '../../lib/relay/config-rows.ts';
import { sourceSchema } from '../../lib/relay/endpoint/source.ts';
import { sha256Hex } from '../../lib/relay/model/ids.ts';
import type { ConfigRow } from '../../lib/relay/ports/config-table.ts';
import { StoreError } from '../../lib/relay/ports/event-log.ts';
import { aRelay, everythingIsWaiting, TOKEN } from './a-relay.ts';

const NEW = sha256Hex('new');
const KNOWN = sha256Hex(TOKEN);

/** A relay that has read its config, and counts the reads after that. */
async function aReadRelay() {
  const relay = aRelay();
  relay.endpoint('erp');
  await relay.config.endpoints();
  await relay.config.sourceByToken(KNOWN);
  const rows = vi.spyOn(relay.configTable, 'rows');
  return { relay, rows, reads: () => rows.mock.calls.filter(([kind]) => kind !== 'health').length };
}

describe('the cached endpoints', () => {
  it.each([
    [false, 9_999, 0],
    [false, 10_000, 1],
    [true, 999, 0],
    [true, 1_000, 1],
  ])('are read again before a decision to park (%s) after %i ms: %i', async (asOfLate, ageMs, expected) => {
    const { relay, reads } = await aReadRelay();
    relay.clock.advance(ageMs);

    await relay.config.endpoints(asOfLate);

    expect(reads()).toBe(expected);
  });

  it('are read at most once a second while the table fails', async () => {
    const { relay, rows, reads } = await aReadRelay();
    rows.mockRejectedValue(new StoreError('throttled'));
    relay.clock.advance(10_000);

    for (const waitMs of [0, 0, 999, 1]) {
      relay.clock.advance(waitMs);
      expect((await relay.config.endpoints()).valid).toHaveLength(1);
    }

    expect(reads()).toBe(2);
  });

  it.each([
    [60_000, 1],
    [60_001, undefined],
  ])('of %i ms are used when the table does not answer within two seconds: %s', async (ageMs, used) => {
    const { relay, rows } = await aReadRelay();
    rows.mockReturnValue(new Promise(() => {}));
    relay.clock.advance(ageMs);
    let found: number | undefined;
    const waiting = relay.config.endpoints().then(({ valid }) => {
      found = valid.length;
    });

    await everythingIsWaiting();
    relay.clock.advance(1_999);
    await everythingIsWaiting();
    expect(found).toBeUndefined();
    relay.clock.advance(1);
    await everythingIsWaiting();

    expect(found).toBe(used);
    if (used !== undefined) await waiting;
  });

  it('say when they were read, which is before the table answers', async () => {
    const relay = aRelay();
    const startedMs = relay.clock.monotonicMs();
    const { rows } = relay.configTable;
    vi.spyOn(relay.configTable, 'rows').mockImplementation((...given) => {
      relay.clock.advance(300);
      return rows.apply(relay.configTable, given);
    });

    expect((await relay.config.endpoints()).readAtMs).toBe(startedMs);
  });

  it('are counted when they are invalid, and listed by id, unless the id is invalid, too', async () => {
    const relay = aRelay();
    relay.configTable.put('endpoint', 'bad', { url: 7 });
    relay.configTable.put('endpoint', 'a#b', { url: 7 });
    relay.endpoint('good');

    const { valid, invalid } = await relay.config.endpoints();

    expect(valid.map(({ id }) => id)).toEqual(['good']);
    expect(invalid).toEqual([{ id: 'bad', reason: 'url: must be an absolute http or https URL' }]);
    expect(relay.telemetry.counts.get('ConfigRowsInvalid')).toBe(2);
    expect(relay.telemetry.log.map(({ level, fields }) => [level, fields.kind, fields.id]).sort()).toEqual([
      ['warn', 'endpoint', 'a#b'],
      ['warn', 'endpoint', 'bad'],
    ]);
  });

  it('are not counted when all are valid', async () => {
    const { relay } = await aReadRelay();

    expect(relay.telemetry.counts.has('ConfigRowsInvalid')).toBe(false);
  });
});

describe('the cached sources', () => {
  it.each([
    [999, 0],
    [1_000, 1],
  ])('are read again for an unknown token when they are %i ms old: %i', async (ageMs, expected) => {
    const { relay, reads } = await aReadRelay();
    relay.clock.advance(ageMs);

    expect(await relay.config.sourceByToken(NEW)).toBeUndefined();
    expect(reads()).toBe(expected);
  });

  it('have a new source as soon as its token is used', async () => {
    const { relay } = await aReadRelay();
    relay.configTable.put('source', 'new', { tokenSha256: NEW });
    relay.clock.advance(1_000);

    expect(await relay.config.sourceByToken(NEW)).toMatchObject({ id: 'new' });
  });

  it('give the reason of the last failed read when a token is unknown, for a second', async () => {
    const { relay, rows, reads } = await aReadRelay();
    const failure = new StoreError('throttled');
    rows.mockRejectedValue(failure);
    relay.clock.advance(1_000);

    for (const waitMs of [0, 0, 999, 1]) {
      relay.clock.advance(waitMs);
      await expect(relay.config.sourceByToken(NEW)).rejects.toBe(failure);
    }

    expect(reads()).toBe(2);
  });

  it('are waited for two seconds when a token is unknown', async () => {
    const { relay, rows } = await aReadRelay();
    rows.mockReturnValue(new Promise(() => {}));
    relay.clock.advance(1_000);
    const failed = vi.fn();
    relay.config.sourceByToken(NEW).catch(failed);

    await everythingIsWaiting();
    relay.clock.advance(1_999);
    await everythingIsWaiting();
    expect(failed).not.toHaveBeenCalled();
    relay.clock.advance(1);
    await everythingIsWaiting();

    expect(failed).toHaveBeenCalledTimes(1);
  });
});

describe('the sources in the table', () => {
  it('are read consistently, past the cache, and only for enabled sources', async () => {
    const { relay, rows } = await aReadRelay();
    relay.configTable.put('source', 'new', { tokenSha256: NEW });

    expect(await relay.config.sourceByTokenFromTable(NEW)).toMatchObject({ id: 'new' });
    expect(await relay.config.sourceByTokenFromTable(sha256Hex('none'))).toBeUndefined();
    expect(rows.mock.calls).toEqual(Array(2).fill(['source', { consistent: true }]));
  });
});

describe('the reason of an invalid row', () => {
  it('names each attribute and its rule, and the rule alone where it concerns the row', () => {
    const row = { id: 'main', attributes: { tokenSha256: 'x', enabled: 'no', x: 1 } };

    const [invalid] = parseRows([row], sourceSchema).invalid;

    expect(invalid?.reason).toMatch(/^tokenSha256: must be 64 [^;]+; enabled: [^;]+; Unrecognized key: "x"$/);
  });
});

describe('a config that has expired', () => {
  it('is read again by the next caller, and once', async () => {
    const { relay, reads } = await aReadRelay();
    relay.newEndpoint('shop');
    relay.config.expire();

    const ids = async () => (await relay.config.endpoints()).valid.map(({ id }) => id);

    expect(await ids()).toEqual(['erp', 'shop']);
    expect(await ids()).toEqual(['erp', 'shop']);
    expect(reads()).toBe(1);
  });

  it('is read for all who ask at the same time', async () => {
    const { relay, reads } = await aReadRelay();
    relay.newEndpoint('shop');
    relay.config.expire();

    const asked = await Promise.all([relay.config.endpoints(), relay.config.endpoints()]);

    expect(asked.map(({ valid }) => valid.length)).toEqual([2, 2]);
    expect(reads()).toBe(1);
  });

  it('is not taken from a read that had begun before', async () => {
    const { relay, rows } = await aReadRelay();
    const answered = Promise.withResolvers<ConfigRow[]>();
    rows.mockReturnValueOnce(answered.promise);
    relay.clock.advance(10_000);
    const begun = relay.config.sourceByToken(KNOWN);
    relay.configTable.put('source', 'shop', { tokenSha256: NEW });
    relay.config.expire();

    const found = await relay.config.sourceByToken(NEW);
    answered.resolve([]);
    await begun;

    expect(found?.id).toBe('shop');
    expect((await relay.config.sourceByToken(NEW))?.id).toBe('shop');
  });

  it('stays in use while it cannot be read', async () => {
    const { relay, rows } = await aReadRelay();
    rows.mockRejectedValue(new StoreError('the disk failed'));
    relay.config.expire();

    expect((await relay.config.endpoints()).valid).toHaveLength(1);
  });
});
