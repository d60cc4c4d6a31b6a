import { describe, expect, it } from 'vitest';
import { ingest } from '../../lib/relay/ingest.ts';
import { aRelay, TOKEN } from '../relay/a-relay.ts';

/** Lambda's limit for a request (Lambda quotas), less the rest of the event. */
const LARGEST_BYTES = 6 * 1024 * 1024 - 10_000;
const STATUSES = ['New', 'Shipped'] as const;

/** A list as long as a webhook can be. */
function list(element: (n: number) => string, mostElements = Number.POSITIVE_INFINITY): string {
  const elements: string[] = [];
  let length = 0;
  for (let n = 0; n < mostElements; n++) {
    const next = element(n);
    length += next.length + 1;
    if (length > LARGEST_BYTES) break;
    elements.push(next);
  }
  return elements.join(',');
}

const order = (items: string) => `{"Id":"1","Items":[${items}]}`;
const member = (value: string) => `{"Id":"1","a":${value}}`;
const nested = (open: string, close: string) => {
  const depth = Math.floor(LARGEST_BYTES / (open.length + close.length)) - 10;
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
};

/** The webhook before and the one after: each is as large as a webhook can be, and compresses well enough to be stored. */
const BODIES: Readonly<Record<string, (webhook: 0 | 1) => string>> = {
  'empty items': () => order(list(() => '{}')),
  'items that are alike': (n) => order(list(() => `{"Sku":"a","Status":"${STATUSES[n]}"}`)),
  'items with one SKU and many statuses': (n) =>
    order(list((i) => `{"Sku":"a","Status":"s${(i * 7 + n) % 100}"}`, 10_000)),
  'items that changed places': (n) =>
    order(
      list(
        (i) => `{"Sku":"a","Product":"p${(i + 5_000 * n) % 10_001}","Status":"s${(31 * i + n) % 101}"}`,
        10_000,
      ),
    ),
  'items that differ in everything': (n) =>
    order(
      list(
        (i) =>
          `{"Sku":"a${i % 2}","Status":"s${(13 * i + n) % 97}","TrackingNumber":"t${(17 * i + 3 * n) % 89}","Product":"p${(5 * i + n) % 83}"}`,
        10_000,
      ),
    ),
  'many shipments': () => order(`{"Shipments":[${list(() => '{"TrackingNumber":"1Z"}')}]}`),
  'a long text in an item': (n) => order(`{"Sku":"${'x'.repeat(LARGEST_BYTES)}","Status":"${STATUSES[n]}"}`),
  'many numbers': () => member(`[${list(() => '1')}]`),
  'numbers of one digit too many': () => member(`[${list(() => '1234567890123456')}]`),
  'numbers in objects': () => member(`[${list(() => '{"a":1}')}]`),
  'a number as long as the webhook': () => member('1'.repeat(LARGEST_BYTES)),
  'a number between spaces': () =>
    member(`${' '.repeat(LARGEST_BYTES / 2)}1${' '.repeat(LARGEST_BYTES / 2)}`),
  'escaped quotes': () => member(`"${'\\"'.repeat(LARGEST_BYTES / 2)}"`),
  backslashes: () => member(`"${'\\\\'.repeat(LARGEST_BYTES / 2)}"`),
  'half characters': () => order(`{"Sku":"${'\\ud800'.repeat(LARGEST_BYTES / 6)}"}`),
  'short texts': () => member(`[${list(() => '""')}]`),
  'deep lists': () => member(nested('[', ']')),
  'deep objects': () => member(nested('{"a":', '}')),
  'deep items': () => order(nested('{"Items":[', ']}')),
  'one member many times': () => `{"Id":"1",${list(() => '"a":""')}}`,
  'members named __proto__': () => `{"Id":"1",${list(() => '"__proto__":{}')}}`,
  'many members': () => `{"Id":"1",${list((i) => `"k${i}":""`, 100_000)}}`,
  'numbered members': () => `{"Id":"1",${list((i) => `"${4_294_967_290 - 3 * i}":""`, 50_000)}}`,
  'a text that never ends': () => `{"Id":"${'a'.repeat(LARGEST_BYTES)}`,
  quotes: () => '"'.repeat(LARGEST_BYTES),
  minuses: () => member('-'.repeat(LARGEST_BYTES)),
  'lists that never end': () => '['.repeat(LARGEST_BYTES),
  spaces: () => ' '.repeat(LARGEST_BYTES),
};

describe('a webhook that is as large as one can be', () => {
  it.each(Object.entries(BODIES))('is stored and fanned out in the same run: %s', async (name, bodyOf) => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.endpoint('shop', { ordering: 'none', skipUnchanged: true });
    const used: number[] = [];
    const measured = async <Result>(work: () => Promise<Result>) => {
      const before = process.cpuUsage();
      const result = await work();
      const { user, system } = process.cpuUsage(before);
      used.push(Math.round((user + system) / 1_000));
      return result;
    };

    for (const webhook of [0, 1] as const) {
      const body = Buffer.from(bodyOf(webhook));
      // Fan-out compares items. Without items, the second run would repeat the first.
      if (webhook === 1 && !body.subarray(0, 100).includes('"Items"')) break;
      relay.clock.advance(1);
      const request = { token: TOKEN, rawQuery: 'orderid=1', contentType: 'application/json', body };
      const answer = await measured(() => ingest(relay.relay, request));
      expect(answer).toMatchObject({ kind: 'accepted' });
      expect(await measured(relay.fanOut)).toEqual([]);

      const sent = relay.sender.to('erp').at(-1)?.body;
      expect(Buffer.compare(Buffer.from(sent ?? ''), body)).toBe(0);
    }
    if (process.env.FUZZ_CPU !== undefined) console.log(`${name}: ${used.join(', ')} ms of CPU`);
  });
});
