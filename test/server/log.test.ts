import { describe, expect, it } from 'vitest';
import { StoreError } from '../../lib/relay/ports/event-log.ts';
import { Log, type LogFormat } from '../../lib/server/log.ts';
import { MemoryClock } from '../memory/clock.ts';

const AT = new Date('2026-03-01T12:00:00.000Z');

function aLog(format: LogFormat) {
  const lines: string[] = [];
  return { lines, log: new Log({ format, now: () => AT, write: (line) => lines.push(line) }) };
}

describe('the log as text', () => {
  it('shows warnings and errors with their fields and reasons, one a line', () => {
    const { lines, log } = aLog('text');

    log.info('event accepted', { eventId: 'evt_1' });
    log.warn('endpoint is failing', { endpointId: 'erp', reason: '503' });
    log.error(
      'webhook refused',
      new StoreError('storing failed: the disk is full', { cause: new Error('I/O') }),
    );

    const time = AT.toTimeString().slice(0, 8);
    expect(lines).toEqual([
      `${time} WARN endpoint is failing endpointId=erp reason=503\n`,
      `${time} ERROR webhook refused (storing failed: the disk is full) (I/O)\n`,
    ]);
  });

  it('leaves no control character of a field in the line', () => {
    const { lines, log } = aLog('text');

    log.warn('row is invalid', { id: 'a\nb\u001b[2J' });

    expect(lines[0]?.trimEnd()).not.toMatch(/\p{Cc}/u);
  });
});

describe('the log as JSON', () => {
  it('is one object a line, with the levels', () => {
    const { lines, log } = aLog('json');

    log.info('event accepted', { eventId: 'evt_1' });
    log.warn('endpoint is failing', { endpointId: 'erp' });

    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { at: AT.toISOString(), level: 'info', message: 'event accepted', eventId: 'evt_1' },
      { at: AT.toISOString(), level: 'warn', message: 'endpoint is failing', endpointId: 'erp' },
    ]);
  });

  it('has name, message and causes of an error, and no property that may quote data', () => {
    const { lines, log } = aLog('json');
    const cause = Object.assign(new Error('I/O'), { code: 'ENOSPC', input: 'Zoë Müller' });

    log.error('webhook refused', new StoreError('storing failed', { cause }));

    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'error',
      error: { name: 'StoreError', message: 'storing failed', cause: { message: 'I/O', code: 'ENOSPC' } },
    });
    expect(lines[0]).not.toContain('Müller');
  });
});

describe('an error that happens again and again', () => {
  const full = new StoreError('storing failed: the disk is full');

  function aLogWithClock(format: LogFormat = 'json') {
    const clock = new MemoryClock();
    const lines: string[] = [];
    return {
      clock,
      lines,
      log: new Log({ format, now: () => clock.now(), write: (line) => lines.push(line) }),
    };
  }

  it('is written ten times a minute, and counted each time', () => {
    const { lines, log } = aLogWithClock();

    for (let index = 0; index < 500; index++) log.error('webhook refused', full, { eventId: `evt_${index}` });

    expect(lines).toHaveLength(10);
    expect(log.counts.get('WorkFailures')).toBe(500);
  });

  it('is summed up with the next line after that minute', () => {
    const { clock, lines, log } = aLogWithClock();
    for (let index = 0; index < 500; index++) log.error('webhook refused', full);
    clock.advance(60_000);

    log.info('event accepted');

    expect(lines.slice(10).map((line) => JSON.parse(line))).toMatchObject([
      { level: 'error', message: 'webhook refused', omitted: 490, error: { message: full.message } },
      { level: 'info', message: 'event accepted' },
    ]);
  });

  it('hides no error of another kind, and no warning', () => {
    const { lines, log } = aLogWithClock('text');
    for (let index = 0; index < 20; index++) {
      log.error('webhook refused', full);
      log.warn('endpoint is failing', { endpointId: 'erp' });
    }

    log.error('webhook refused', new StoreError('storing failed: the file is read-only'));

    expect(lines.filter((line) => line.includes('is failing'))).toHaveLength(20);
    expect(lines.at(-1)).toContain('read-only');
  });
});

describe('the metrics', () => {
  it('are counted in memory, and a problem also in the sum of problems', () => {
    const { log } = aLog('json');

    log.count('EventsAccepted');
    log.count('DeliveriesDead', 2);
    log.error('sweep failed', new Error('locked'));

    expect(Object.fromEntries(log.counts)).toEqual({
      EventsAccepted: 1,
      DeliveriesDead: 2,
      Problems: 2,
      WorkFailures: 1,
    });
  });
});
