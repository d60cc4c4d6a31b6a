/** Runs the stack's template on this machine. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SendingVariable } from '../contract/environment.ts';
import { aborted } from '../node/aborted.ts';
import { awaitAll } from '../relay/model/await-all.ts';
import { arn, REGION } from './account.ts';
import { type Engines, type EnginesOptions, startEngines } from './engines/engines.ts';
import type { HandlerLog } from './handler-log.ts';
import { type HttpFront, startHttpFront } from './http/http-front.ts';
import { LocalFunctions } from './lambda/local-functions.ts';
import { QueuePoller } from './queues/queue-poller.ts';
import { ScheduleClock } from './schedule-clock.ts';
import { TemplateError } from './template/cloudformation.ts';
import type { QueueDefinition } from './template/queue.ts';
import type { Template } from './template/read-template.ts';

export interface EmulatorOptions extends Pick<EnginesOptions, 'template' | 'dataDir'> {
  /** The handlers' paths are relative to this folder. */
  readonly root: string;
  /** 0 for a free one. */
  readonly port: number;
  /**
   * The most invocations of a function at the same time. Its mapping may allow fewer. By default as many as the machine
   * has cores, and at least two: each environment needs memory, and a second of CPU until its code is warm.
   */
  readonly concurrency?: number;
  /** Receives every line that a function writes. */
  readonly log?: HandlerLog;
  /** Receives errors of the emulator itself. */
  readonly onError?: (error: unknown) => void;
}

export interface Emulator {
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly engines: Engines;
  /** The addresses of the relay's parts, which a GET of DISCOVERY_PATH returns. */
  readonly discovery: Discovery;
  /** Runs every schedule once, now, and waits for it. */
  runSchedules(): Promise<void>;
  /** Accepts no more requests, waits for running work until the limit, and stores everything. */
  stop(limitMs?: number): Promise<void>;
}

/** The stack's outputs and the endpoints of the engines. */
interface Discovery {
  readonly [output: string]: string | null;
  readonly dynamoDbEndpoint: string;
  readonly sqsEndpoint: string;
  readonly region: string;
  /** Null when everything is in memory. */
  readonly dataDir: string | null;
}

/** An attempt takes at most thirty seconds, and the writes after it a few more. */
const STOP_LIMIT_MS = 35_000;

/** Allows endpoints on this machine, without TLS and on any port, so that people can try the relay out. */
const SENDING: Record<SendingVariable, string> = {
  ALLOWED_CIDRS: '127.0.0.0/8,::1/128',
  PARAMETER_STORE: 'none',
};

/**
 * Starts everything. The relay accepts requests when the promise resolves; earlier ones wait.
 *
 * @throws {TemplateError} when the template contains something that the emulator cannot run
 * @throws {DataFolderError} when the data folder cannot be used
 * @throws {PortInUseError} when the port is taken
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { onError = () => {} } = options;
  const front = await startHttpFront(options.port, onError);
  try {
    const engines = await startEngines({ ...options, httpUrl: front.url });
    try {
      return run({ ...options, onError }, front, engines);
    } catch (error) {
      await engines.stop();
      throw error;
    }
  } catch (error) {
    await front.stop(AbortSignal.abort());
    throw error;
  }
}

function run(
  options: EmulatorOptions & { readonly onError: (error: unknown) => void },
  front: HttpFront,
  engines: Engines,
): Emulator {
  const { concurrency = Math.max(2, availableParallelism()) } = options;
  const resources = withConcurrency(engines.resources, concurrency);
  const functions = new LocalFunctions(resources, {
    root: options.root,
    environment: { ...engines.environment, ...SENDING },
    concurrency,
    log: options.log ?? (() => {}),
  });
  const targets = new Map(resources.routes.map(({ functionArn: arn }) => [arn, functions.find(arn)]));
  const clocks = resources.schedules.map((one) => new ScheduleClock(one, functions.find(one.functionArn)));
  const sqs = new SQSClient(engines.sqsConfig);
  const sources = resources.mappings.map((mapping) => ({
    mapping,
    queueUrl: findQueue(resources, mapping.queueArn).url,
    target: functions.find(mapping.functionName),
  }));
  const discovery = discoveryOf(engines, options.dataDir);

  // The template is valid. From here on, everything runs.
  const pollers = sources.map((source) => new QueuePoller({ ...source, sqs, onError: options.onError }));
  front.open({ routes: resources.routes, targets, discovery });
  for (const clock of clocks) clock.start();

  return {
    url: front.url,
    engines,
    discovery,
    async runSchedules() {
      await awaitAll(clocks.map((clock) => clock.run()));
    },
    async stop(limitMs = STOP_LIMIT_MS) {
      const limit = AbortSignal.timeout(limitMs);
      for (const clock of clocks) clock.stop();
      await front.stop(limit);
      const polled = Promise.all(pollers.map((poller) => poller.stop()));
      await Promise.race([polled, aborted(limit)]);
      await functions.stop(limit);
      await polled;
      sqs.destroy();
      await engines.stop();
    },
  };
}

function withConcurrency(template: Template, most: number): Template {
  const mappings = template.mappings.map((mapping) => ({
    ...mapping,
    maximumConcurrency: Math.min(mapping.maximumConcurrency, most),
  }));
  return { ...template, mappings };
}

function findQueue({ queues }: Template, queueArn: string): QueueDefinition {
  const found = queues.find(({ name }) => queueArn === arn('sqs', name));
  if (found === undefined) throw new TemplateError(`The template has no queue ${queueArn}`);
  return found;
}

function discoveryOf(
  { resources, dynamoDbEndpoint, sqsEndpoint }: Engines,
  dataDir: string | undefined,
): Discovery {
  return {
    ...resources.outputs,
    dynamoDbEndpoint,
    sqsEndpoint,
    region: REGION,
    dataDir: dataDir === undefined ? null : resolve(dataDir),
  };
}
