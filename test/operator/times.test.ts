import { describe, expect, it } from 'vitest';
import { durationText, parseMoment, timeText, writtenTimeText } from '../../lib/operator/cli/times.ts';

/** In this machine's time zone. */
const local = (text: string) => new Date(text);
const NOW = local('2026-03-10T13:04:05');

describe('a time for people', () => {
  it.each([
    ['2026-03-10T00:00:00', '00:00:00'],
    ['2026-03-09T23:59:59', 'Mar  9 23:59:59'],
    ['2026-12-24T08:00:00', 'Dec 24 08:00:00'],
    ['2025-03-10T13:04:05', 'Mar 10 2025 13:04:05'],
  ])('says no more than requireEndpoint: %s is %s', (moment, text) => {
    expect(timeText(local(moment), NOW)).toBe(text);
  });

  it('is the text of the row if that is not a time', () => {
    expect(writtenTimeText('2026-03-10T13:04:05', NOW)).toBe('13:04:05');
    expect(writtenTimeText('in March', NOW)).toBe('in March');
    expect(writtenTimeText(undefined, NOW)).toBe('–');
  });
});

describe('a duration for people', () => {
  it.each([
    [0, '0 ms'],
    [143.4, '143 ms'],
    [1_000, '1 s'],
    [1_230, '1.2 s'],
    [89_000, '89 s'],
    [240_000, '4 min'],
    [2 * 3_600_000, '2 h'],
    [72 * 3_600_000, '3 d'],
  ])('%i ms is %s', (durationMs, text) => {
    expect(durationText(durationMs)).toBe(text);
  });
});

describe('a moment as it is typed', () => {
  it.each([
    ['90s', 90_000],
    ['30m', 30 * 60_000],
    ['2h', 2 * 3_600_000],
    ['3d', 3 * 86_400_000],
    ['1w', 7 * 86_400_000],
  ])('may be so long ago: %s', (text, ago) => {
    expect(parseMoment(text, NOW)).toEqual(new Date(NOW.getTime() - ago));
  });

  it.each([
    ['2026-03-01T09:30Z', new Date('2026-03-01T09:30:00Z')],
    ['2026-03-01T09:30:15.5+02:00', new Date('2026-03-01T07:30:15.500Z')],
    ['2026-03-01T09:30', local('2026-03-01T09:30:00')],
    ['2026-03-01', local('2026-03-01T00:00:00')],
  ])('may be in ISO 8601: %s', (text, moment) => {
    expect(parseMoment(text, NOW)).toEqual(moment);
  });

  it.each([
    '2026-03-10T00:00:00',
    '2026-03-10T13:04:04',
    '2026-03-09T23:59:59',
    '2026-01-01T08:00:00',
    '2025-12-24T08:00:00',
    '2024-02-29T08:00:00',
  ])('may be the printed form of %s', (moment) => {
    expect(parseMoment(timeText(local(moment), NOW), NOW)).toEqual(local(moment));
  });

  it('may be a printed time without its seconds', () => {
    expect(parseMoment('Mar 1 09:30', NOW)).toEqual(local('2026-03-01T09:30:00'));
    expect(parseMoment('09:30', NOW)).toEqual(local('2026-03-10T09:30:00'));
  });

  it.each([
    '',
    '24:00:00',
    '9:30',
    '12:60',
    'Mrz  1 09:30:00',
    'Feb 30 09:30:00',
    'Feb 29 2026 09:30:00',
    'Mar  1',
    'yesterday',
    '30',
    '30 m',
    '-2h',
    '2H',
    '1.5h',
    '1234567s',
    '2026-13-01',
    '2026-3-1',
    '1 March 2026',
  ])('may not be %j', (text) => {
    expect(parseMoment(text, NOW)).toBeUndefined();
  });
});
