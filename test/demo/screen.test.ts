import { execFileSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';

const SUMMARY = `
  const { Screen } = await import(${JSON.stringify(new URL('../../lib/demo/screen.ts', import.meta.url).href)});
  const screen = new Screen((line) => console.log(line));
  screen.summary({ accepted: [], receivers: [], arrivals: [], stateOf: () => undefined });
`;

/** In a process of its own: the package of colours decides when it loads. */
function summary(environment: Readonly<Record<string, string>>): string {
  const { NO_COLOR: _, FORCE_COLOR: __, ...inherited } = process.env;
  return execFileSync(process.execPath, ['--input-type=module', '-e', SUMMARY], {
    encoding: 'utf8',
    env: { ...inherited, ...environment },
  });
}

it('the summary of the demo has no colours where NO_COLOR asks for none', () => {
  const text = summary({ NO_COLOR: '1' });

  expect(text).toContain('endpoint');
  expect(text).toBe(stripVTControlCharacters(text));
});

it('the summary of the demo has colours where FORCE_COLOR asks for them', () => {
  const text = summary({ FORCE_COLOR: '1' });

  expect(text).not.toBe(stripVTControlCharacters(text));
});
