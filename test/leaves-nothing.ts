/** Files share a worker, its environment and its mocks. Each file must leave the environment as it found it. */
import { afterAll, expect, vi } from 'vitest';

/** Powertools sets it when it is imported, and then never again. */
const SET_BY_POWERTOOLS = 'AWS_SDK_UA_APP_ID';

function environment(): NodeJS.ProcessEnv {
  const { [SET_BY_POWERTOOLS]: _, ...variables } = process.env;
  return variables;
}

const found = environment();

afterAll(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  expect(environment(), 'the environment after this file').toEqual(found);
  expect(vi.isFakeTimers(), 'fake timers after this file').toBe(false);
});
