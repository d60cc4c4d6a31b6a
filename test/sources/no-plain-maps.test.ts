import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The template is the project's own, and so are the names in it. */
const OWN_NAMES = ['lib/stack/', 'lib/emulator/template/'];

/** A variable that maps any string, with a plain object as its value. Default values of parameters are not looked up. */
const DECLARED = /\b(?:const|let|readonly #?\w+|#\w+)[^=\n]*Record<string,[^=\n]*= \{/;
/** A plain object that grows by computed keys. */
const COLLECTED = /\.reduce(?:<[^>]*>)?\((?:[^()]|\([^()]*\))*, \{\}(?: as [^)]*)?\)/;

const plainMapsIn = (text: string) => [DECLARED, COLLECTED].filter((pattern) => pattern.test(text));

describe('a map whose keys people or other programs choose', () => {
  it('is never a plain object: those have members such as constructor and __proto__', () => {
    const sources = globSync('{lib,lambdas,bin}/**/*.ts', { cwd: ROOT })
      .filter((path) => !OWN_NAMES.some((folder) => path.startsWith(folder)))
      .map((path) => ({ path, text: readFileSync(`${ROOT}/${path}`, 'utf8') }));

    expect(sources.length).toBeGreaterThan(100);
    expect(sources.filter(({ text }) => plainMapsIn(text).length > 0).map(({ path }) => path)).toEqual([]);
  });

  it.each([
    'const TEXTS: Readonly<Record<string, string>> = {',
    '  let counts: Record<string, number> = {};',
    '  readonly #rows: Record<string, Row> = {};',
    'const counts = words.reduce((all, word) => ({ ...all, [word]: 1 }), {});',
  ])('is noticed: %s', (line) => {
    expect(plainMapsIn(line)).toHaveLength(1);
  });
});
