/**
 * Mutation testing: Stryker changes lib/relay in one place at a time, and reports each change that no test notices.
 *
 *   npm run test:mutation -- --mutate lib/relay/delivery/settle.ts    one file: a minute or two
 *   npm run test:mutation                                    every file: hours, but only once
 *
 * Stryker keeps all results in .stryker, and tests again only the mutants whose code or tests have changed.
 * `-- --force` ignores the results. .stryker/report.html shows each mutant in its file.
 */
import { fileURLToPath } from 'node:url';

export default {
  mutate: ['lib/relay/**/*.ts'],
  plugins: ['@stryker-mutator/vitest-runner', fileURLToPath(new URL('ignore-texts.mjs', import.meta.url))],
  ignorers: ['texts'],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  // The smallest CI machines have two cores.
  concurrency: 2,
  // The tests need nothing else. A tsconfig.json would make Stryker call TypeScript's API, and TypeScript 7 has none.
  ignorePatterns: ['/*', '!/lib', '!/test', '!/package.json'],
  tempDirName: '.stryker/sandboxes',
  cleanTempDir: 'always',
  incremental: true,
  incrementalFile: '.stryker/incremental.json',
  reporters: ['clear-text', 'progress', 'html'],
  clearTextReporter: { reportTests: false },
  htmlReporter: { fileName: '.stryker/report.html' },
  // Mutants of constants, such as the retry schedule, need every test. They are slow, and worth it.
  warnings: { slow: false },
  thresholds: { high: 95, low: 90, break: 90 },
};
