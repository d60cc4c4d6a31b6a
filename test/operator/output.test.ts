import { describe, expect, it } from 'vitest';
import { relays } from '../../lib/connect/relays.ts';
import { serveConsole } from '../../lib/console/serve-console.ts';
import { Output, printable } from '../../lib/operator/cli/output.ts';
import { indent, shortened, table } from '../../lib/operator/cli/table.ts';
import { printableLines } from '../../lib/relay/model/printable.ts';

/** An output that records its text. */
function anOutput({ json = false } = {}) {
  const written = { out: '', err: '' };
  const terminal = {
    out: (text: string) => {
      written.out += text;
    },
    err: (text: string) => {
      written.err += text;
    },
    input: async () => new Uint8Array(),
    openBrowser: async () => false,
    environment: {},
    program: 'relay',
    workingFolder: '.',
    isColoured: false,
    relays,
    serveConsole,
    interruption: () => new AbortController().signal,
  };
  return { output: new Output({ terminal, json }), written };
}

const ESCAPES = '\u001b[2J\r\n\u0007\u009b\u202e\u2066\u061c';
const CODES = '\\u001b[2J\\u000d\\u000a\\u0007\\u009b\\u202e\\u2066\\u061c';

describe('what is shown to people', () => {
  it('has characters that steer a terminal as their codes, wherever they stand', () => {
    const at = new Date();
    const body = Uint8Array.of(27);

    expect(printable({ list: [{ [ESCAPES]: ESCAPES }], at, body, count: 1, none: null })).toEqual({
      list: [{ [CODES]: CODES }],
      at,
      body,
      count: 1,
      none: null,
    });
  });

  it('leaves all other text as it is', () => {
    const text = 'Zoë, 北京, שלום, 👩‍👩‍👧, \\u001b';

    expect(printable(text)).toBe(text);
  });

  it('keeps the lines and tabs of a text of several lines', () => {
    expect(printableLines('a\tb\r\nc\u001b[2J\rd\n')).toBe('a\tb\nc\\u001b[2J\\u000dd\n');
  });

  it('is the text, then hints; warnings and errors go to the standard error', () => {
    const { output, written } = anOutput();

    output.show({ id: ESCAPES }, ({ id }) => `id ${id}`);
    output.data({ id: 'for programs' });
    output.hint('Go on.');
    output.warn(`odd ${ESCAPES}`);
    output.fail(`wrong ${ESCAPES}`, 'Do this: \u001b[2J\nThen that.');

    expect(written).toEqual({
      out: `id ${CODES}\nGo on.\n`,
      err: `warning: odd ${CODES}\nerror: wrong ${CODES}\nDo this: \\u001b[2J\nThen that.\n`,
    });
  });
});

describe('what is shown to programs', () => {
  it('is one line of JSON in which nothing is lost, and no hints or warnings', () => {
    const { output, written } = anOutput({ json: true });
    const value = { id: ESCAPES, at: new Date(0) };

    output.show(value, () => 'text');
    output.hint('Go on.');
    output.warn('odd');

    expect(written).toEqual({ out: expect.stringMatching(/^\{[ -~]*\}\n$/), err: '' });
    expect(JSON.parse(written.out)).toEqual({ id: ESCAPES, at: '1970-01-01T00:00:00.000Z' });
  });

  it('uses the JSON form of a value, and an error with its hint', () => {
    const { output, written } = anOutput({ json: true });

    output.show(
      { id: 'main' },
      () => 'text',
      ({ id }) => [id],
    );
    output.fail('it is wrong', 'Mend it.');

    expect(written).toEqual({ out: '["main"]\n', err: '{"error":"it is wrong. Mend it."}\n' });
  });
});

describe('an error', () => {
  it.each([
    'http://127.0.0.1:8787/webhooks/abc-DEF_1?orderid=',
    "too many arguments: 'https://x.example/webhooks/abc-DEF_1'",
    '/webhooks/abc-DEF_1/ /webhooks/abc-DEF_1',
  ])('never shows the token of an address: %s', (text) => {
    for (const json of [true, false]) {
      const { output, written } = anOutput({ json });

      output.fail(text);

      expect(written.err).toContain('/webhooks/…');
      expect(written.err).not.toContain('abc-DEF_1');
    }
  });
});

describe('a table', () => {
  it('aligns its columns, whatever width the characters have, and has no blanks at line ends', () => {
    const rows = [
      ['a', 'x', 'last'],
      ['北京', 'yy', ''],
    ];

    expect(table(rows, ['id', 'two', 'three'])).toBe('ID    TWO  THREE\na     x    last\n北京  yy');
  });

  it('cuts and wraps nothing', () => {
    const long = 'x'.repeat(300);

    expect(table([[long, 'y']])).toBe(`${long}  y`);
  });
});

describe('a text', () => {
  it('is shortened to a length', () => {
    expect(shortened('12345', 5)).toBe('12345');
    expect(shortened('123456', 5)).toBe('1234…');
  });

  it('is indented line by line, but for empty lines', () => {
    expect(indent('a\n\nb')).toBe('  a\n\n  b');
  });
});
