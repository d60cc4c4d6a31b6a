/** The tests that judge each mutant. They must be many and quick, and share one module graph. */
import { defineConfig } from 'vitest/config';

/** The tests of one folder; see run.ts. */
const { MUTATION_TESTS } = process.env;
const ALL_TESTS = ['test/relay/**/*.test.ts', 'test/mutation/simulation-seeds.ts'];

export default defineConfig({
  test: {
    include: MUTATION_TESTS === undefined ? ALL_TESTS : [MUTATION_TESTS],
    testTimeout: 30_000,
    // Importing lib/relay once per run, not once per file, saves most of the time.
    isolate: false,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
