import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { table } from '../../lib/operator/cli/table.ts';

const EVENT = 'evt_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const COLUMNS = [
  'order',
  { title: 'received', leaveOut: 2 },
  { title: 'answer', cutTo: 10, leaveOut: 1 },
  'event',
];
const ROWS = [
  ['Magic7-501', '10:02:03', 'connection refused by the firewall', EVENT],
  ['Magic7-502', '10:02:04', '503', EVENT],
];

describe('a table', () => {
  it('has all its columns in full in a pipe', () => {
    expect(table(ROWS, COLUMNS)).toBe(
      [
        `ORDER       RECEIVED  ANSWER                              EVENT`,
        `Magic7-501  10:02:03  connection refused by the firewall  ${EVENT}`,
        `Magic7-502  10:02:04  503                                 ${EVENT}`,
      ].join('\n'),
    );
  });

  it('cuts texts before it leaves out a column', () => {
    expect(table(ROWS, COLUMNS, 80)).toBe(
      [
        `ORDER       RECEIVED  ANSWER                     EVENT`,
        `Magic7-501  10:02:03  connection refused by th…  ${EVENT}`,
        `Magic7-502  10:02:04  503                        ${EVENT}`,
      ].join('\n'),
    );
  });

  it('leaves out the least important columns, and never cuts an id', () => {
    expect(table(ROWS, COLUMNS, 60)).toBe(
      [
        `ORDER       ANSWER           EVENT`,
        `Magic7-501  connection ref…  ${EVENT}`,
        `Magic7-502  503              ${EVENT}`,
      ].join('\n'),
    );
    expect(table(ROWS, COLUMNS, 50).split('\n')[1]).toBe(`Magic7-501  ${EVENT}`);
  });

  it('becomes a list of records when the ids alone are too wide', () => {
    expect(table(ROWS.slice(0, 1), COLUMNS, 30)).toBe(
      [
        'ORDER     Magic7-501',
        'RECEIVED  10:02:03',
        'ANSWER    connection refused by the firewall',
        `EVENT     ${EVENT}`,
      ].join('\n'),
    );
  });

  it.each([40, 60, 80, 100])('is narrower than a terminal of %s columns, so that no line wraps', (width) => {
    const wide = [['北京'.repeat(20), '\u001b[31m👩‍👩‍👧 red and long\u001b[39m'.repeat(9), 'e'.repeat(20)]];

    const lines = table(wide, [{ title: 'a', cutTo: 4 }, { title: 'b', cutTo: 4 }, 'id'], width).split('\n');

    expect(lines).toHaveLength(2);
    for (const line of lines) expect(stringWidth(line)).toBeLessThan(width);
    expect(lines[1]).toContain('e'.repeat(20));
  });

  it('ends the colour of a text that it cuts', () => {
    expect(table([['\u001b[31mconnection refused\u001b[39m']], [{ title: '', cutTo: 4 }], 12)).toBe(
      '\u001b[31mconnection…\u001b[39m',
    );
  });

  it('is empty without rows and titles', () => {
    expect(table([])).toBe('');
  });
});
