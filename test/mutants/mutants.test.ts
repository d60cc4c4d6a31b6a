import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';

describe('a bug that is put in on purpose', () => {
  it.each(MUTANTS)('has one place in the code: $rule', ({ file, replaced }) => {
    const code = readFileSync(new URL(`../../lib/relay/${file}`, import.meta.url), 'utf8');

    expect(code.split(replaced)).toHaveLength(2);
  });
});
