import type { Telemetry } from '../relay/ports/telemetry.ts';

/** Passes on warnings and errors, and drops informational logs and metrics. */
export function warningsOnly(warn: (message: string) => void): Telemetry {
  const describe = (message: string, fields: object = {}) =>
    warn([message, ...Object.entries(fields).map(([name, value]) => `${name} ${value}`)].join(', '));
  return { info: () => {}, count: () => {}, warn: describe, error: (message) => describe(message) };
}
