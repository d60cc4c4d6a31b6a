import { describe, expect, it, vi } from 'vitest';
import { ingest } from '../../../lib/relay/ingest.ts';
import { sha256Hex } from '../../../lib/relay/model/ids.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay } from '../a-relay.ts';

const aToken = (name: string) => name.padEnd(43, '_');
const OLD = aToken('old');
const OLDER = aToken('older');
const NEW = aToken('new');

const inMinutes = ({ clock }: Pick<ReturnType<typeof aRelay>, 'clock'>, minutes: number) =>
  new Date(clock.now().getTime() + minutes * 60_000).toISOString();

/** A relay whose source `shop` was given a new token, with what its row says besides. */
function aRotatedRelay(attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  relay.configTable.put('source', 'shop', {
    tokenSha256: sha256Hex(NEW),
    previousTokens: [
      { tokenSha256: sha256Hex(OLD), until: inMinutes(relay, 60) },
      { tokenSha256: sha256Hex(OLDER), until: inMinutes(relay, 30) },
    ],
    ...attributes,
  });
  const rows = vi.spyOn(relay.configTable, 'rows');
  return {
    ...relay,
    rows,
    /** The answer to a webhook with a token. */
    async answer(token: string) {
      return (await ingest(relay.relay, { token, rawQuery: 'orderid=1', body: Buffer.from('{}') })).kind;
    },
  };
}

describe('a source’s token', () => {
  it('is known beside each one before until that one’s time is over', async () => {
    const relay = aRotatedRelay();
    expect([await relay.answer(OLD), await relay.answer(NEW)]).toEqual(['accepted', 'accepted']);

    relay.minutes(29);
    expect(await relay.answer(OLDER)).toBe('accepted');
    relay.minutes(1);
    expect(await relay.answer(OLDER)).toBe('unknown address');
    relay.minutes(29);
    expect(await relay.answer(OLD)).toBe('accepted');
    relay.minutes(1);
    expect(await relay.answer(OLD)).toBe('unknown address');
    expect(await relay.answer(NEW)).toBe('accepted');
  });

  it.each([
    ['that has no end', { previousTokens: [{ tokenSha256: sha256Hex(OLD) }] }],
    ['of a source that is not enabled', { enabled: false }],
    [
      'that is written with an end that is none',
      { previousTokens: [{ tokenSha256: sha256Hex(OLD), until: 'tomorrow' }] },
    ],
  ])('is not known when it is one before %s', async (_, attributes) => {
    expect(await aRotatedRelay(attributes).answer(OLD)).toBe('unknown address');
  });

  it('of a source that stands after others is found all the same', async () => {
    const relay = aRotatedRelay();
    for (const id of ['a', 'b', 'z']) relay.configTable.put('source', id, { tokenSha256: sha256Hex(id) });

    expect(await relay.answer(NEW)).toBe('accepted');
  });
});

describe('a flood of unknown tokens', () => {
  it('costs a function no more than one read of the sources a second', async () => {
    const relay = aRotatedRelay();
    const answers = new Set<string>();

    for (let request = 0; request < 1_000; request++) {
      answers.add(await relay.answer(aToken(`guess-${request}`)));
      relay.clock.advance(10);
    }

    expect([...answers]).toEqual(['unknown address']);
    // The first for want of any rows, then one in each of the ten seconds.
    expect(relay.rows).toHaveBeenCalledTimes(10);
  });

  it('costs no more when the table refuses: the queue holds what may come from a new source', async () => {
    const relay = aRotatedRelay();
    await relay.answer(NEW);
    relay.rows.mockClear();
    relay.rows.mockRejectedValue(new StoreError('throttled'));
    const answers: string[] = [];

    for (let request = 0; request < 1_000; request++) {
      relay.clock.advance(20);
      answers.push(await relay.answer(aToken(`guess-${request}`)));
    }

    // The sources that were read are new enough for a second.
    expect(new Set(answers.slice(0, 49))).toEqual(new Set(['unknown address']));
    expect(new Set(answers.slice(49))).toEqual(new Set(['accepted']));
    expect(relay.rows).toHaveBeenCalledTimes(20);
  });

  it('leaves the known tokens known when the table refuses', async () => {
    const relay = aRotatedRelay();
    await relay.answer(NEW);
    relay.rows.mockRejectedValue(new StoreError('throttled'));
    relay.minutes(1);

    expect(await relay.answer(NEW)).toBe('accepted');
    expect(relay.telemetry.counts.get('EventsAcceptedByQueue')).toBeUndefined();
  });

  it('holds nobody up for long when the table does not answer', async () => {
    const relay = aRotatedRelay();
    await relay.answer(NEW);
    relay.minutes(1);
    relay.rows.mockReturnValue(new Promise(() => {}));

    const answer = relay.answer(NEW);
    await expect.poll(() => relay.rows).toHaveBeenCalledTimes(2);
    relay.clock.advance(2_000);

    expect(await answer).toBe('accepted');
  });

  it.each([
    ['empty', ''],
    ['too short', 'a'.repeat(42)],
    ['too long', 'a'.repeat(44)],
    ['of other characters', `${'a'.repeat(42)}+`],
    ['with a line end', `${'a'.repeat(43)}\n`],
    ['the hash instead of the token', sha256Hex(NEW)],
  ])('costs nothing where the token is %s, which none is', async (_, token) => {
    const relay = aRotatedRelay();

    expect(await relay.answer(token)).toBe('unknown address');
    expect(relay.rows).not.toHaveBeenCalled();
  });
});
