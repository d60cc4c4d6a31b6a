/** The tests that judge each mutant. They must be many and quick, and share one module graph. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/relay/**/*.test.ts', 'test/mutation/simulation-seeds.ts'],
    testTimeout: 30_000,
    // Importing lib/relay once per run, not once per file, saves most of the time.
    isolate: false,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
