import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundleAll, HANDLERS } from './bundles.ts';
import { packagesIn, sizesTable, withTable } from './sizes-table.ts';

/** Licences under which anybody may run and pass on what the functions hold. */
const FREE = ['MIT', 'Apache-2.0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'MIT-0'];
/** A start reads, parses and runs all of it: a package that doubles that is noticed here first. */
const LIMIT_BYTES = 2_500_000;

const bundles = bundleAll();
const page = readFileSync(new URL('../../docs/dependencies.md', import.meta.url), 'utf8');

describe('what runs in the functions', () => {
  it('is named in docs/dependencies.md with its licence: `npm run sizes -- --write`', () => {
    const there = packagesIn(withTable(page, sizesTable(bundles)));

    expect(there.length).toBeGreaterThan(10);
    expect(packagesIn(page).toSorted(byName)).toEqual(there.toSorted(byName));
  });

  it('is free to use', () => {
    for (const { name, licence } of packagesIn(page)) expect(FREE, name).toContain(licence);
  });

  it.each(HANDLERS)('is small enough in %s', (handler) => {
    const found = bundles.find(({ name }) => name === handler);

    expect(found?.bytes).toBeGreaterThan(100_000);
    expect(found?.bytes).toBeLessThan(LIMIT_BYTES);
  });
});

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}
