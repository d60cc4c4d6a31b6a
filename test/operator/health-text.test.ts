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
const PROVEN = { ...UNKNOWN_HEALTH, provenAt: NOW };

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
    [
      'ok',
      { ...PROVEN, consecutiveFailures: 1, lastError: 'status 503' },
      /^1 failure in a row: status 503$/,
    ],
    ['ok', { ...PROVEN, consecutiveFailures: 3 }, /^3 failures in a row: no answer$/],
    ['new', { ...UNKNOWN_HEALTH, recoveredAt: NOW }, undefined],
    [
      'failing',
      { ...PROVEN, state: 'failing', reason: 'it times out', retryAt: LATER },
      new RegExp(`^it times out; only probes are sent, the next after ${timeText(LATER, NOW)}$`),
    ],
    ['failing', { ...PROVEN, state: 'failing', retryAt: NOW }, /the next within a minute$/],
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
  ] as const)('announces no request while the operator’s state stops them: %j', (health, detail) => {
    for (const state of ['paused', 'disabled'] as const)
      expect(healthDetail({ ...ERP, state }, health, NOW)).toBe(detail);
  });
});
