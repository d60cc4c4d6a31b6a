/**
 * Stryker's settings. test/mutation/run.ts starts it, and says in variables which files of lib/relay to change.
 *
 * Stryker keeps all results in .stryker, and tests again only the mutants whose code or tests have changed.
 * The report is .stryker/report.html, or one named after the folder or file: it shows each mutant in its file.
 */
import { fileURLToPath } from 'node:url';

const { MUTATED_NAME = '', MUTATED_FILES = 'lib/relay/**/*.ts' } = process.env;
/** A folder's own tests give results other than all tests do. */
const suffix = MUTATED_NAME && `-${MUTATED_NAME}`;

export default {
  mutate: [MUTATED_FILES],
  plugins: [
    '@stryker-mutator/vitest-runner',
    ...['ignore-texts.mjs', 'ignore-guards.mjs'].map((name) => fileURLToPath(new URL(name, import.meta.url))),
  ],
  ignorers: ['texts', 'guards'],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  // A slow run on a busy machine must not count as an endless loop.
  timeoutMS: 60_000,
  // The smallest CI machines have two cores.
  concurrency: 2,
  // The tests need nothing else. A tsconfig.json would make Stryker call TypeScript's API, and TypeScript 7 has none.
  ignorePatterns: ['/*', '!/lib', '!/test', '!/package.json'],
  tempDirName: `.stryker/sandboxes${suffix}`,
  cleanTempDir: 'always',
  incremental: true,
  incrementalFile: `.stryker/incremental${suffix}.json`,
  reporters: ['clear-text', 'progress', 'html'],
  clearTextReporter: { reportTests: false },
  htmlReporter: { fileName: `.stryker/report${suffix}.html` },
  // Mutants of constants, such as the retry schedule, need every test. They are slow, and worth it.
  warnings: { slow: false },
  thresholds: { high: 95, low: 90, break: 90 },
};
