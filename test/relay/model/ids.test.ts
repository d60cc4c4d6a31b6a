import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  aliasKeyOf,
  type EventId,
  eventIdOf,
  eventTime,
  firstEventIdAt,
  isEventId,
  isRelayEvent,
  isReservedSource,
  nextEventId,
  orderKeyOf,
  type SourceId,
  sha256Hex,
  shardOf,
  sourceOf,
} from '../../../lib/relay/model/ids.ts';
import { MemoryClock } from '../../memory/clock.ts';
import { NOON, seconds } from '../attempts.ts';

const MAIN = 'main' as SourceId;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('an event id', () => {
  const clock = new MemoryClock();

  it('has the time of the clock for the first event of an order', () => {
    const id = nextEventId(clock, () => 0.5, undefined);

    expect(isEventId(id)).toBe(true);
    expect(eventTime(id)).toEqual(clock.now());
  });

  it('has the time of the clock after an edited row whose id has the last time of all', () => {
    const last = 'evt_7ZZZZZZZZZZZZZZZZZZZZZZZZZ' as EventId;

    expect(eventTime(nextEventId(clock, () => 0.5, last))).toEqual(clock.now());
  });

  it('is one millisecond later than a newest id that is ahead of the clock', () => {
    const ahead = firstEventIdAt(new Date(clock.now().getTime() + 5_000));

    const id = nextEventId(clock, () => 0, ahead);

    expect(eventTime(id).getTime()).toBe(clock.now().getTime() + 5_001);
    expect(id > ahead).toBe(true);
  });

  it('may have the last time of all, and after that the time of the clock', () => {
    const last = 2 ** 48 - 1;
    const next = (ms: number) => eventTime(nextEventId(clock, () => 0, firstEventIdAt(new Date(ms))));

    expect(next(last - 1)).toEqual(new Date(last));
    expect(next(last)).toEqual(clock.now());
  });

  it('has the time of the clock after an older one', () => {
    const id = nextEventId(clock, () => 0, firstEventIdAt(new Date(clock.now().getTime() - 5_000)));

    expect(eventTime(id)).toEqual(clock.now());
  });

  it('is the same for the same time and name, and another one for another', () => {
    const id = eventIdOf(NOON, 'a silence');

    expect(isEventId(id)).toBe(true);
    expect(eventTime(id)).toEqual(NOON);
    expect(eventIdOf(NOON, 'a silence')).toBe(id);
    expect(eventIdOf(NOON, 'another silence')).not.toBe(id);
    expect(eventIdOf(seconds(1), 'a silence')).not.toBe(id);
    expect(new Set(id.slice(-16)).size).toBeGreaterThan(4);
  });

  it('that starts a millisecond sorts before all others of it', () => {
    expect(firstEventIdAt(NOON)).toMatch(/^evt_[0-9A-Z]{10}0{16}$/);
    expect(eventTime(firstEventIdAt(NOON))).toEqual(NOON);
    expect(eventTime(firstEventIdAt(new Date(0))).getTime()).toBe(1);
  });

  it.each([
    ['evt_01ARZ3NDEKTSV4RRFFQ69G5FAV', true],
    ['evt_71ARZ3NDEKTSV4RRFFQ69G5FAV', true],
    ['evt_81ARZ3NDEKTSV4RRFFQ69G5FAV', false],
    ['evt_01ARZ3NDEKTSV4RRFFQ69G5FA', false],
    ['evt_01ARZ3NDEKTSV4RRFFQ69G5FAVX', false],
    ['evt_01arz3ndektsv4rrffq69g5fav', false],
    ['evt_01ARZ3NDEKTSV4RRFFQ69G5FAU', false],
    ['xevt_01ARZ3NDEKTSV4RRFFQ69G5FAV', false],
    ['01ARZ3NDEKTSV4RRFFQ69G5FAV', false],
  ])('may be %s: %s', (text, expected) => {
    expect(isEventId(text)).toBe(expected);
  });

  it('belongs to one of four shards by its last character', () => {
    const last = ['0', '1', '2', '3', 'Z'].map((end) =>
      shardOf(`${firstEventIdAt(NOON).slice(0, -1)}${end}` as ReturnType<typeof firstEventIdAt>),
    );

    expect(last).toEqual([0, 1, 2, 3, 2]);
  });
});

describe('the partition key of an order', () => {
  it('is no other order’s, though an id looks like the hash of a longer one', () => {
    const long = 'x'.repeat(3_000);
    const [, hash = ''] = orderKeyOf(MAIN, long).split('main/');

    expect(orderKeyOf(MAIN, hash)).not.toBe(orderKeyOf(MAIN, long));
  });

  it('has the source and the order id', () => {
    expect(orderKeyOf(MAIN, '1/2')).toBe('main/1/2');
    expect(aliasKeyOf(MAIN, 'Magic7-501')).toBe('main/nice:magic7-501');
    expect(sourceOf(orderKeyOf(MAIN, '1/2'))).toBe('main');
  });

  it.each([
    ['is as long as DynamoDB allows', 2_043, 'main/'],
    ['has a hash in place of a longer id', 2_044, 'main/sha256:'],
  ])('%s', (_, length, prefix) => {
    const id = 'x'.repeat(length);

    expect(orderKeyOf(MAIN, id)).toBe(prefix === 'main/' ? `main/${id}` : `${prefix}${sha256(id)}`);
  });

  it('counts bytes, not characters, and is well-formed', () => {
    const id = 'é'.repeat(1_022);

    expect(orderKeyOf(MAIN, id)).toBe(`main/sha256:${sha256(id)}`);
    expect(orderKeyOf(MAIN, '\ud800')).toBe('main/\ufffd');
  });
});

describe('a source of the relay itself', () => {
  it.each([
    ['notices', true],
    ['tests', true],
    ['unverified', true],
    ['main', false],
  ])('is %s: %s', (id, expected) => {
    expect(isReservedSource(id)).toBe(expected);
    expect(isRelayEvent(orderKeyOf(id as SourceId, '1'))).toBe(expected);
  });
});

describe('a hash', () => {
  it('is the same for a text and its bytes', () => {
    expect(sha256Hex('é')).toBe(sha256('é'));
    expect(sha256Hex(Buffer.from('é'))).toBe(sha256('é'));
  });
});
