import { describe, expect, it } from 'vitest';
import { healthDetail, healthWord } from '../../lib/operator/cli/health-text.ts';
import { timeText } from '../../lib/operator/cli/times.ts';
import { type Health, UNKNOWN_HEALTH } from '../../lib/relay/health/health.ts';
import { after } from '../../lib/relay/model/clock.ts';
import { anEndpointId } from '../ports/builders.ts';

const asIs = (text: string) => text;
const COLOURS = { bold: asIs, dim: asIs, red: asIs, green: asIs, yellow: asIs, cyan: asIs };
const NOW = new Date('2026-03-01T12:00:00Z');
const LATER = after(NOW, 60_000);
const ERP = { id: anEndpointId('erp'), state: 'enabled' } as const;
const PROVEN = { ...UNKNOWN_HEALTH, provenAt: NOW, lastSuccessAt: NOW };
const SINCE = after(NOW, -60_000);
const refused = (orders: number) => ({
  refusedOrders: Array.from({ length: orders }, (_, index) => `${index}`),
  refusedSince: SINCE,
});

describe('the health of an endpoint', () => {
  it.each<[string, Health | undefined, RegExp | undefined]>([
    ['new', undefined, undefined],
    ['new', UNKNOWN_HEALTH, undefined],
    ['ok', PROVEN, undefined],
    [
      'slow',
      { ...UNKNOWN_HEALTH, slowUntil: LATER },
      new RegExp(`and until ${timeText(LATER, NOW)} at least$`),
    ],
    ['slow', { ...UNKNOWN_HEALTH, slowUntil: NOW }, /until it answers within 2 s$/],
    ['ok', { ...PROVEN, consecutiveFailures: 1, lastAnswer: '503' }, /^1 failure in a row, last answer 503$/],
    ['ok', { ...PROVEN, consecutiveFailures: 3 }, /^3 failures in a row$/],
    ['recovering', { ...UNKNOWN_HEALTH, recoveredAt: NOW }, /^the deliveries that waited are sent now$/],
    // A quick 401 proves that the endpoint is quick. It has accepted nothing.
    ['new', { ...UNKNOWN_HEALTH, provenAt: NOW, lastAnswer: '401' }, undefined],
    [
      'ok',
      { ...PROVEN, ...refused(4), lastAnswer: '401' },
      new RegExp(`^4 orders refused in a row since ${timeText(SINCE, NOW)}, last answer 401$`),
    ],
    ['ok', { ...PROVEN, ...refused(1), lastAnswer: '422' }, /^1 order refused in a row since/],
    [
      'refusing',
      { ...PROVEN, ...refused(5), lastAnswer: '404' },
      /^5 orders refused in a row since .*, last answer 404; fix .*`endpoints enable erp`$/,
    ],
    ['refusing', { ...PROVEN, ...refused(20), lastAnswer: '404' }, /^20 orders or more refused in a row/],
    ['refusing', { ...UNKNOWN_HEALTH, slowUntil: LATER, ...refused(5) }, /^5 orders refused/],
    ['failing', { ...PROVEN, ...refused(5), state: 'failing', reason: 'it times out' }, /^it times out/],
    [
      'failing',
      {
        ...PROVEN,
        ...{ state: 'failing', reason: '5 failures in a row: status 500', retryAt: LATER },
        ...{ failingSince: SINCE, failedProbes: 14, lastAnswer: '503' },
      },
      new RegExp(
        `^failing since ${timeText(SINCE, NOW)}, 14 failed probes, last answer 503, next probe about ${timeText(LATER, NOW)}$`,
      ),
    ],
    [
      'failing',
      { ...PROVEN, state: 'failing', reason: 'it times out', retryAt: LATER },
      new RegExp(`^it times out, next probe about ${timeText(LATER, NOW)}$`),
    ],
    [
      'failing',
      { ...PROVEN, state: 'failing', retryAt: NOW },
      /^no reason was recorded, next probe within a minute$/,
    ],
    [
      'disabled',
      { ...PROVEN, state: 'disabled', reason: 'it is gone' },
      /^it is gone; .*`endpoints enable erp`$/,
    ],
  ])('is %s: %j', (word, health, detail) => {
    expect(healthWord(health, COLOURS)).toBe(word);
    if (detail === undefined) expect(healthDetail(ERP, health, NOW)).toBeUndefined();
    else expect(healthDetail(ERP, health, NOW)).toMatch(detail);
  });

  it.each([
    [{ ...PROVEN, state: 'failing', reason: 'it times out', retryAt: LATER }, 'it times out'],
    [{ ...UNKNOWN_HEALTH, slowUntil: LATER }, undefined],
    [{ ...PROVEN, recoveredAt: NOW }, undefined],
  ] as const)('announces no request while the operator’s state stops them: %j', (health, detail) => {
    for (const state of ['paused', 'disabled'] as const)
      expect(healthDetail({ ...ERP, state }, health, NOW)).toBe(detail);
  });
});
