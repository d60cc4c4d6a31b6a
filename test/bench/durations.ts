/**
 * How long an invocation of each function takes, and what it logs. Lambda bills a function's time, most of which it
 * waits for others.
 *
 * - `cpuMs`: measured on 29 November 2026 with Node 24.21 on an x86-64 server core, per invocation of a warm function:
 *   the processor time of the thread that runs the function's code over the embedded engines, mean of 300 runs after
 *   200 (ingest, fan-out) or of 25 after 15 (deliver, sweep), with two endpoints.
 * - `roundTrips`: waits for DynamoDB or SQS one after the other, counted in the code. Parallel calls are one wait.
 * - `logBytes`: of the lines that Powertools writes, measured: the metrics in the embedded format, and ingest's log line.
 */
export const FUNCTIONS = {
  ingest: { cpuMs: 3.1, roundTrips: 3, waitsForEndpoint: false, logBytes: 213 + 480 },
  fanOut: { cpuMs: 6.2, roundTrips: 3, waitsForEndpoint: true, logBytes: 285 },
  deliver: { cpuMs: 18, roundTrips: 11, waitsForEndpoint: true, logBytes: 230 },
  // An idle sweep counts nothing, so it logs nothing.
  sweep: { cpuMs: 4, roundTrips: 4, waitsForEndpoint: false, logBytes: 0 },
} as const;

/** A function with 1,769 MB has one processor (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
const MB_PER_PROCESSOR = 1_769;
/** Assumed: a call to DynamoDB or SQS within the region takes single-digit milliseconds. */
const ROUND_TRIP_MS = 6;
/** Assumed: the slowest of the endpoints that fan-out attempts answers within this time. */
const ENDPOINT_MS = 200;

/** The billed duration of a warm invocation. */
export function durationMs(name: keyof typeof FUNCTIONS, memoryMb: number): number {
  const { cpuMs, roundTrips, waitsForEndpoint } = FUNCTIONS[name];
  const slowdown = Math.max(1, MB_PER_PROCESSOR / memoryMb);
  return cpuMs * slowdown + roundTrips * ROUND_TRIP_MS + (waitsForEndpoint ? ENDPOINT_MS : 0);
}
