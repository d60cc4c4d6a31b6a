import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAfterOf } from '../../../lib/relay/sending/retry-after.ts';

const NOW = new Date('2026-03-01T12:00:00.500Z');
const THREE_DAYS = 3 * 86_400;

interface Stated {
  readonly status?: number;
  readonly retryAfter?: string | undefined;
  readonly body?: unknown;
  readonly resetAfter?: string;
}

function asked({ status = 429, retryAfter, body = 'busy', resetAfter }: Stated): number | undefined {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = resetAfter === undefined ? {} : { 'x-ratelimit-reset-after': resetAfter };
  const answer = { kind: 'answer', status, text, headers } as const;
  return retryAfterOf(retryAfter === undefined ? answer : { ...answer, retryAfter }, NOW);
}

describe('the wait that an answer asks for', () => {
  it.each([
    ['120', 120],
    [' 7 ', 7],
    ['1', 1],
    ['0.35', 0.35],
    ['1.5', 1.5],
    ['Sun, 01 Mar 2026 12:02:00 GMT', 119.5],
    ['Sunday, 01-Mar-26 12:02:00 GMT', 119.5],
  ])('is in Retry-After: %j', (retryAfter, seconds) => {
    expect(asked({ retryAfter })).toBe(seconds);
    expect(asked({ status: 503, retryAfter })).toBe(seconds);
  });

  it.each([
    ...[undefined, '', '   ', '-5', '1e3', 'soon', 'Xyz, 99 Foo 2026 GMT', '2026-03-01', '0x10', '.5', '1.'],
    ...[
      'about Sun, 01 Mar 2026 12:02:00 GMT',
      'Su, 01 Mar 2026 12:02:00 GMT',
      'Sun, 01 Mar 2026 12:02:00 GMT-0100',
    ],
    ...['0', '0.0', 'Sun, 01 Mar 2026 12:00:00 GMT', 'Sun, 06 Nov 1994 08:49:37 GMT'],
  ])('is none when Retry-After is invalid or past: %j', (retryAfter) => {
    expect(asked({ retryAfter })).toBeUndefined();
  });

  it.each([200, 400, 408, 425, 500, 502, 504])('is none with the status %d', (status) => {
    expect(asked({ status, retryAfter: '5', body: { retry_after: 5 }, resetAfter: '5' })).toBeUndefined();
  });

  it.each(['259201', '9'.repeat(400), 'Fri, 01 Jan 2100 00:00:00 GMT'])(
    'is three days at most: %j',
    (retryAfter) => {
      expect(asked({ retryAfter })).toBe(THREE_DAYS);
    },
  );

  it.each<[string, Stated, number | undefined]>([
    ['body', { body: { message: 'You are being rate limited.', retry_after: 0.529, global: false } }, 0.529],
    ['body, in milliseconds by its size', { body: { retry_after: 65_000 } }, 65],
    ['body, in milliseconds by the header', { body: { retry_after: 1_337 }, resetAfter: '1.337' }, 1.337],
    ['body, an hour', { body: { retry_after: 3_600 } }, 3_600],
    ['header before body', { retryAfter: '1', body: { retry_after: 0.529 } }, 1],
    ['header, in milliseconds by the body', { retryAfter: '65000', body: { retry_after: 65 } }, 65],
    ['header and body that agree, in seconds', { retryAfter: '7200', body: { retry_after: 7_200 } }, 7_200],
    [
      'body and other header that agree, in seconds',
      { body: { retry_after: 86_400 }, resetAfter: '86400' },
      86_400,
    ],
    ['header, in milliseconds by the other header', { retryAfter: '1500', resetAfter: '1.5' }, 1.5],
    ['header alone, always in seconds', { retryAfter: '65000' }, 65_000],
    ['header, in seconds as the other header', { retryAfter: '5', resetAfter: '5.2' }, 5],
    ['other header', { resetAfter: '0.25' }, 0.25],
    ['header of 1,000 ms', { retryAfter: '1000', resetAfter: '1' }, 1],
    ['header, a second from the other header', { retryAfter: '3000', resetAfter: '4' }, 3],
    ['body that is text', { body: 'retry_after: 5' }, undefined],
    ['body that is a list', { body: [{ retry_after: 5 }] }, undefined],
    ['body with text', { body: { retry_after: '5' } }, undefined],
    ['body with nothing to wait for', { body: { retry_after: 0 } }, undefined],
    ['body that is null', { body: 'null /* retry_after */' }, undefined],
  ])('is taken as Discord states it: %s', (_, stated, seconds) => {
    expect(asked(stated)).toBe(seconds);
  });

  it('is more than nothing and at most three days, or none, for any answer', () => {
    const texts = fc.oneof(fc.string(), fc.date().map(String), fc.nat().map(String), fc.double().map(String));
    fc.assert(
      fc.property(texts, texts, fc.json(), fc.double(), (retryAfter, resetAfter, json, number) => {
        for (const body of [json, { retry_after: number }]) {
          const seconds = asked({ retryAfter, resetAfter, body }) ?? 1;

          expect(seconds).toBeGreaterThan(0);
          expect(seconds).toBeLessThanOrEqual(THREE_DAYS);
        }
      }),
    );
  });
});
