import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Tests start many processes and threads. With Node's compile cache, each of them loads its modules in half the time.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache');

/** Each has a worker of its own. The crash tests take longest, so they start first. The other file replaces modules. */
const ALONE = ['test/kill/kill.test.ts', 'test/fuzz/ingest.test.ts'];
/** These take longest, so they start before all others: short ones at the end leave no core idle. */
const LONG = [
  ...['emulator', 'end-to-end', 'fuzz', 'server', 'simulation'].map(
    (folder) => `test/${folder}/**/*.test.ts`,
  ),
  'test/node/expressions/process-expressions.test.ts',
  'test/operator/whole-relay.test.ts',
  'test/ports/event-log.test.ts',
  'test/ports/port-sequences.test.ts',
];

/** A worker imports the CDK, the AWS SDK and lib once, not once per file. That saves minutes. */
const SHARED_WORKER = {
  isolate: false,
  // A test must not leave stubs to the next one.
  restoreMocks: true,
  unstubEnvs: true,
};

export default defineConfig({
  test: {
    // Real engines and sockets on two cores that may be slow and busy. A limit ends only a test that hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Polls at the default of 50 ms take CPU from what they wait for.
    expect: { poll: { interval: 100, timeout: 60_000 } },
    globalSetup: ['test/run-folder.ts'],
    setupFiles: ['test/leaves-nothing.ts'],
    // The smallest CI machines have two cores. Many tests wait for a relay, and the crash tests for more than a minute.
    maxWorkers: 4,
    // Tests make much short-lived garbage. With more room for it, V8 copies less of what is still used.
    execArgv: ['--max-semi-space-size=64'],
    // Vitest starts the projects in alphabetical order.
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      {
        extends: true,
        test: { name: 'long', include: LONG, exclude: ALONE, ...SHARED_WORKER },
      },
      {
        extends: true,
        test: {
          name: 'short',
          include: ['test/**/*.test.ts'],
          exclude: [...ALONE, ...LONG],
          ...SHARED_WORKER,
        },
      },
    ],
  },
});
