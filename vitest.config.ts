import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests start many processes and threads. With Node's compile cache, each of them loads its modules in half the time.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache');

/** These kill a relay, and wait a minute for the leases of the killed one to expire. */
const CRASH = ['test/kill/kill.test.ts', 'test/end-to-end/restart.test.ts'];
/** The files in which each test has its own timings or its own mocks of modules. They run with a fresh module graph. */
const ISOLATED = ['local', 'end-to-end', 'fuzz', 'kill'].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    // Real engines and sockets on two busy cores; nothing here waits for a fixed time.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: ['test/leaves-nothing.ts'],
    // One more than the cores of the smallest CI machines: many tests wait for a relay, and use no CPU meanwhile.
    maxWorkers: 3,
    // Vitest starts the projects in alphabetical order. The crash tests take longest, and the others run beside them.
    projects: [
      { extends: true, test: { name: 'crash', include: CRASH } },
      { extends: true, test: { name: 'isolated', include: ISOLATED, exclude: CRASH } },
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
    ],
  },
});
