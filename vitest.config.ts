import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real engines and sockets on two busy cores; nothing here waits for a fixed time.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
