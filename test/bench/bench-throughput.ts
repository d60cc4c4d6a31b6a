/** The bench's second part: the relay and the bare pipeline under the same load, in turn. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { startBarePipeline } from './bare-pipeline.ts';
import { type Latencies, measureOneByOne, measureThroughput, type Throughput } from './measure.ts';
import type { Pipeline } from './pipeline.ts';
import { type Receivers, startReceivers } from './receivers.ts';
import { startRelayPipeline } from './relay-pipeline.ts';
import { webhooksOf } from './webhooks.ts';

const ROUNDS = 3;
const CONCURRENCY = 8;
/** Until then threads start, files are imported and V8 compiles; a relay that runs for long does none of it. */
const WARM_UP_EVENTS = 300;
const EVENTS_ONE_BY_ONE = 50;

export interface ThroughputOptions {
  readonly template: unknown;
  readonly folder: string;
  readonly events: number;
  readonly endpoints: number;
}

export interface ThroughputBench {
  readonly events: number;
  readonly endpoints: number;
  readonly concurrency: number;
  readonly warmUpEvents: number;
  readonly cores: number;
  readonly relay: PipelineBench;
  readonly bare: PipelineBench;
}

export interface PipelineBench {
  /** In the order in which they were run. */
  readonly rounds: readonly Throughput[];
  readonly eventsOneByOne: number;
  readonly oneByOne: Latencies;
}

export async function benchThroughput({
  template,
  folder,
  events,
  endpoints,
}: ThroughputOptions): Promise<ThroughputBench> {
  const receivers = await startReceivers(endpoints);
  const relay = await startRelayPipeline(template, join(folder, 'relay'), receivers.urls);
  const bare = await startBarePipeline(template, join(folder, 'bare'), receivers.urls);
  try {
    const load = (pipeline: Pipeline, name: string, count: number) =>
      measureThroughput(pipeline, receivers, webhooksOf(name, count), CONCURRENCY);
    for (const pipeline of [relay, bare]) await load(pipeline, 'warm-up', WARM_UP_EVENTS);
    const rounds: { readonly relay: Throughput; readonly bare: Throughput }[] = [];
    // In turn, so that whatever else the machine does meanwhile troubles both alike.
    for (let round = 1; round <= ROUNDS; round++) {
      rounds.push({
        relay: await load(relay, `round-${round}`, events),
        bare: await load(bare, `round-${round}`, events),
      });
    }
    return {
      events,
      endpoints,
      concurrency: CONCURRENCY,
      warmUpEvents: WARM_UP_EVENTS,
      cores: availableParallelism(),
      relay: await withOneByOne(
        relay,
        receivers,
        rounds.map((round) => round.relay),
      ),
      bare: await withOneByOne(
        bare,
        receivers,
        rounds.map((round) => round.bare),
      ),
    };
  } finally {
    await Promise.all([relay.stop(), bare.stop()]);
    await receivers.stop();
  }
}

async function withOneByOne(
  pipeline: Pipeline,
  receivers: Receivers,
  rounds: readonly Throughput[],
): Promise<PipelineBench> {
  const webhooks = webhooksOf('one-by-one', EVENTS_ONE_BY_ONE);
  const oneByOne = await measureOneByOne(pipeline, receivers, webhooks);
  return { rounds, eventsOneByOne: webhooks.length, oneByOne };
}
