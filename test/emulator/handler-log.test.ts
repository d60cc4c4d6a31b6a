import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { handlerLog } from '../../lib/emulator/handler-log.ts';

function shownOf(line: unknown): string[] {
  const shown: string[] = [];
  const log = handlerLog({ show: (text) => shown.push(text) });
  log('FanOut', typeof line === 'string' ? line : JSON.stringify(line));
  return shown;
}

describe('what the functions write', () => {
  it('is shown as one line when it is a warning or an error', () => {
    const line = {
      level: 'ERROR',
      message: 'event could not be stored',
      timestamp: '2026-01-01T00:00:00.000Z',
      service: 'sensaria-relay',
      function_name: 'FanOut',
      eventId: 'evt_1',
      error: { name: 'StoreError', message: 'the table is on fire', stack: 'StoreError: …\n at …' },
    };

    expect(shownOf(line)).toEqual([
      expect.stringMatching(
        /^\d\d:\d\d:\d\d FanOut ERROR event could not be stored eventId=evt_1 error=StoreError: the table is on fire$/,
      ),
    ]);
  });

  it('is shown without control characters, wherever they come from', () => {
    const line = { level: 'WARN', message: 'bad \u001b[2J', 'row\u0007': 'url \u009b', list: ['\u202e'] };

    for (const shown of [...shownOf(line), ...shownOf('Error: \u001b[2J')]) expect(shown).toMatch(/^[ -~]*$/);
    expect(shownOf(line)[0]).toContain('bad \\u001b[2J');
  });

  it('goes on when its file cannot be written, and says so once', () => {
    const shown: string[] = [];
    const log = handlerLog({ show: (text) => shown.push(text), file: tmpdir() });

    log('FanOut', '{"level":"INFO","message":"fine"}');
    log('FanOut', '{"level":"ERROR","message":"bad"}');

    expect(shown).toEqual([
      expect.stringMatching(/^WARN the log cannot be written: EISDIR/),
      expect.stringContaining('FanOut ERROR bad'),
    ]);
  });

  it.each([
    ['what is normal', { level: 'INFO', message: 'event accepted' }],
    ['metrics', { _aws: { Timestamp: 1, CloudWatchMetrics: [] }, EventsAccepted: 1 }],
  ])('is not shown when it is %s', (_, line) => {
    expect(shownOf(line)).toEqual([]);
  });

  it('is shown when it is no JSON, for then it is of Node itself', () => {
    expect(shownOf('(node:1) DeprecationWarning: old')).toEqual([
      expect.stringContaining('FanOut WARN (node:1) DeprecationWarning: old'),
    ]);
  });

  it('is kept in a file, every line of it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sensaria-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'relay.log');
    const log = handlerLog({ file });

    log('FanOut', '{"level":"INFO","message":"fine"}');
    log('Ingest', 'text');

    const kept = readFileSync(file, 'utf8').trim().split('\n');
    expect(kept.map((line) => JSON.parse(line))).toEqual([
      { at: expect.any(String), function: 'FanOut', line: { level: 'INFO', message: 'fine' } },
      { at: expect.any(String), function: 'Ingest', line: 'text' },
    ]);
  });
});
