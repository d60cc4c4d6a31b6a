import { defineConfig } from 'vitest/config';

/** The files in which each test has its own timings or its own mocks of modules. They run with a fresh module graph. */
const ISOLATED = ['local', 'end-to-end', 'fuzz', 'kill'].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    // Real engines and sockets on two busy cores; nothing here waits for a fixed time.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Vitest leaves one core unused by default. The smallest CI machines have two.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: ISOLATED,
          // Importing the CDK, the AWS SDK and lib once per worker, not once per file, saves minutes.
          isolate: false,
          // A file must not leave stubs to the next one in its worker.
          restoreMocks: true,
          unstubEnvs: true,
        },
      },
      { extends: true, test: { name: 'isolated', include: ISOLATED } },
    ],
  },
});
