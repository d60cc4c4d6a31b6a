import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundleAll, HANDLERS } from './bundles.ts';
import { packagesIn, sizesTable, withTable } from './sizes-table.ts';

/** Licences under which anybody may run and pass on what the functions hold. */
const FREE = ['MIT', 'Apache-2.0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'MIT-0'];
/**
 * A cold start reads, parses and runs this many bytes at most: about a tenth more than today. Who adds a package that
 * does not fit loads it on first use, or raises the limit on purpose.
 */
const LIMITS = { ingest: 360_000, sweep: 405_000, 'fan-out': 480_000, deliver: 480_000 };

/**
 * An `import` of these takes milliseconds, because it reads all exports, and some of them load other modules of Node.
 * `process.getBuiltinModule` does not.
 */
const EXPENSIVE = ['child_process', 'http', 'http2', 'util', 'worker_threads'];

/** Only a deployment with traces sends UDP. */
const OPTIONAL = ['dgram'];

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

  it.each(HANDLERS)('loads little at a cold start of %s', (handler) => {
    const found = bundles.find(({ name }) => name === handler);

    expect(found?.bytes).toBeGreaterThan(100_000);
    expect(found?.bytes).toBeLessThan(LIMITS[handler]);
  });

  it.each(HANDLERS)(
    'imports no module of Node in %s that loads many others, or that few relays need',
    (handler) => {
      const found = bundles.find(({ name }) => name === handler);

      expect(found?.nodeModules).toContain('crypto');
      for (const name of [...EXPENSIVE, ...OPTIONAL]) expect(found?.nodeModules).not.toContain(name);
    },
  );

  it.each(['fan-out', 'deliver'])('has what few relays need in files of its own in %s', (handler) => {
    const found = bundles.find(({ name }) => name === handler);

    expect(found?.packages).toContainEqual(
      expect.objectContaining({ name: '@aws-sdk/client-ssm', bytes: 0, laterBytes: expect.any(Number) }),
    );
  });

  it.each(HANDLERS)('takes credentials from the environment alone in %s', (handler) => {
    const names = bundles.find(({ name }) => name === handler)?.packages.map(({ name }) => name) ?? [];

    expect(names).toContain('@aws-sdk/client-dynamodb');
    expect(names.filter((name) => /credential|token-provider|nested-clients/.test(name))).toEqual([]);
  });
});

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}
