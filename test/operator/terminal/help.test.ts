import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { cli } from '../cli.ts';

const COMMANDS = ['', 'endpoints', 'endpoints remove', 'deliveries retry', 'doctor'];

describe.each([60, 80, 120])('help in a terminal of %s columns', (columns) => {
  it.each(COMMANDS)('of “%s” wraps its options and descriptions', async (command) => {
    const { out } = await cli([...command.split(' ').filter(Boolean), '--help'], {
      program: 'relay',
      columns,
    });

    // Examples are not wrapped, so that they can be copied.
    const lines = out.split('\n').filter((line) => /^ {2}(?!\$)/.test(line));
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    expect(out).toMatchSnapshot();
  });
});
