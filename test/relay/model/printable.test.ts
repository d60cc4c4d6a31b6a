import { describe, expect, it } from 'vitest';
import { printableLines, printableText } from '../../../lib/relay/model/printable.ts';

describe('untrusted text', () => {
  it.each([
    ['moves the cursor', 'a\u001b[2Jb', String.raw`a\u001b[2Jb`],
    ['rings twice', '\u0007\u0007', String.raw`\u0007\u0007`],
    ['changes the writing direction', '\u202egnp.\u2066', String.raw`\u202egnp.\u2066`],
    ['has lines and tabs', 'a\r\n\tb', String.raw`a\u000d\u000a\u0009b`],
    ['has a line separator', 'a\u2028b', String.raw`a\u2028b`],
    ['is harmless', 'Zürich 🧵', 'Zürich 🧵'],
  ])('that %s is printed as codes', (_, text, printed) => {
    expect(printableText(text)).toBe(printed);
  });

  it('may keep its line ends and tabs', () => {
    expect(printableLines('a\tb\r\nc\n\u001b\rd')).toBe('a\tb\nc\n\\u001b\\u000dd');
  });
});
