/** The tests that judge each mutant: they have to be many, quick and in one process. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/relay/**/*.test.ts', 'test/mutation/simulation-seeds.ts'],
    testTimeout: 30_000,
  },
});
