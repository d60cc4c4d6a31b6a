import { stripVTControlCharacters } from 'node:util';
import { expect, it, vi } from 'vitest';

it('the summary of the demo has no colours where NO_COLOR asks for none', async () => {
  vi.stubEnv('NO_COLOR', '1');
  vi.stubEnv('FORCE_COLOR', undefined);
  const { Screen } = await import('../../lib/demo/screen.ts');
  const lines: string[] = [];

  new Screen((line) => lines.push(line)).summary({
    accepted: [],
    receivers: [],
    arrivals: [],
    stateOf: () => undefined,
  });

  const text = lines.join('\n');
  expect(text).toContain('endpoint');
  expect(text).toBe(stripVTControlCharacters(text));
});
