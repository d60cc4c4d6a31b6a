/** Puts webhooks on a pipeline and takes the time. */
import { cpus } from 'node:os';
import { epochMs } from '../../lib/emulator/lambda/invocation.ts';
import type { Pipeline } from './pipeline.ts';
import type { Arrivals, Receivers } from './receivers.ts';
import { countThreadCpu } from './thread-cpu.ts';
import type { Webhook } from './webhooks.ts';

export interface Latencies {
  /** From sending a webhook to its answer. */
  readonly answeredMs: Percentiles;
  /** From the answer until the last endpoint has it. */
  readonly passedOnMs: Percentiles;
}

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

export interface Throughput extends Latencies {
  /** From the first webhook until every endpoint has everything. */
  readonly eventsPerSecond: number;
  /** How often an endpoint got what it had already. */
  readonly repeated: number;
  /** Of this whole process, in which everything runs: pipeline, engines, who sends and who receives. */
  readonly cpuMsPerEvent: number;
  readonly coresBusy: number;
  /** How many cores other processes of the machine took meanwhile: they make the figures worse than they are. */
  readonly coresBusyElsewhere: number;
  /** As a share of one core: near 1 means that this thread limits, whatever else is idle. */
  readonly busiestThread: { readonly isMain: boolean; readonly share: number };
}

interface Sent {
  readonly eventId: string;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** @param concurrency how many webhooks are on their way at once */
export async function measureThroughput(
  pipeline: Pipeline,
  receivers: Receivers,
  webhooks: readonly Webhook[],
  concurrency: number,
): Promise<Throughput> {
  const threadCpu = await countThreadCpu();
  const machineBefore = machineCpuMs();
  const cpuBefore = process.cpuUsage();
  const startedAtMs = epochMs();
  const [sent, arrivals] = await Promise.all([
    sendInLanes(pipeline, webhooks, concurrency),
    receivers.haveAll(webhooks.length),
  ]);
  const { user, system } = process.cpuUsage(cpuBefore);
  const machineMs = machineCpuMs() - machineBefore;
  const [busiest] = await threadCpu();
  const durationMs = Math.max(...arrivals.lastAtMs.values()) - startedAtMs;
  const cpuMs = (user + system) / 1_000;
  return {
    eventsPerSecond: (webhooks.length / durationMs) * 1_000,
    ...latencies(sent, [arrivals]),
    repeated: arrivals.repeated,
    cpuMsPerEvent: cpuMs / webhooks.length,
    coresBusy: cpuMs / durationMs,
    coresBusyElsewhere: Math.max(0, machineMs - cpuMs) / durationMs,
    busiestThread: { isMain: busiest?.isMain ?? true, share: (busiest?.cpuMs ?? Number.NaN) / durationMs },
  };
}

function machineCpuMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

/** Each webhook is sent only when every endpoint has the one before it. */
export async function measureOneByOne(
  pipeline: Pipeline,
  receivers: Receivers,
  webhooks: readonly Webhook[],
): Promise<Latencies> {
  const sent: Sent[] = [];
  const arrivals: Arrivals[] = [];
  for (const webhook of webhooks) {
    const [one, arrival] = await Promise.all([send(pipeline, webhook), receivers.haveAll(1)]);
    sent.push(one);
    arrivals.push(arrival);
  }
  return latencies(sent, arrivals);
}

/** An order's webhooks go one after another, as the Hub sends them: each lane has orders of its own. */
async function sendInLanes(
  pipeline: Pipeline,
  webhooks: readonly Webhook[],
  concurrency: number,
): Promise<Sent[]> {
  const orders = [...new Set(webhooks.map(({ orderId }) => orderId))];
  const laneOf = new Map(orders.map((orderId, index) => [orderId, index % concurrency]));
  const lanes = Map.groupBy(webhooks, ({ orderId }) => laneOf.get(orderId));
  const sent = await Promise.all([...lanes.values()].map((lane) => sendInTurn(pipeline, lane)));
  return sent.flat();
}

async function sendInTurn(pipeline: Pipeline, webhooks: readonly Webhook[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const webhook of webhooks) sent.push(await send(pipeline, webhook));
  return sent;
}

async function send(pipeline: Pipeline, webhook: Webhook): Promise<Sent> {
  const sentAtMs = epochMs();
  const eventId = await pipeline.send(webhook);
  return { eventId, sentAtMs, answeredAtMs: epochMs() };
}

function latencies(sent: readonly Sent[], arrivals: readonly Arrivals[]): Latencies {
  const lastAtMs = new Map(arrivals.flatMap((some) => [...some.lastAtMs]));
  const passedOn = sent.map(({ eventId, answeredAtMs }) => {
    const arrivedAtMs = lastAtMs.get(eventId);
    if (arrivedAtMs === undefined) throw new Error(`The endpoints got something else than ${eventId}`);
    return arrivedAtMs - answeredAtMs;
  });
  return {
    answeredMs: percentiles(sent.map(({ sentAtMs, answeredAtMs }) => answeredAtMs - sentAtMs)),
    passedOnMs: percentiles(passedOn),
  };
}

/** By nearest rank. */
function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95) };
}
