import { vi } from 'vitest';

/** `expect.poll` for tests that run side by side: of those, it cannot tell which one it is in. */
export function waitFor<Result>(condition: () => Result | Promise<Result>, interval = 100): Promise<Result> {
  return vi.waitFor(condition, { timeout: 60_000, interval });
}
