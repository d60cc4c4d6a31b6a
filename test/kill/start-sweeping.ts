/**
 * The sweep of a relay that runs as a process of its own, run from outside: nobody who tests wants to wait for the
 * schedule's minute, and several sweeps at once have to be harmless.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { dynamoDbClient, sqsClient } from '../../lib/aws/clients.ts';
import { DynamoConfigTable } from '../../lib/aws/dynamodb/config-table.ts';
import { DynamoEventLog } from '../../lib/aws/dynamodb/event-log.ts';
import { SqsDeliveryQueue } from '../../lib/aws/sqs/delivery-queue.ts';
import { SqsEventQueue } from '../../lib/aws/sqs/event-queue.ts';
import { DISCOVERY_PATH, LOCAL_CREDENTIALS } from '../../lib/contract/local-relay.ts';
import { systemClock as clock } from '../../lib/node/system-clock.ts';
import { Config } from '../../lib/relay/config.ts';
import type { SweepContext } from '../../lib/relay/context.ts';
import { Deadline } from '../../lib/relay/model/clock.ts';
import { sweep } from '../../lib/relay/sweep/sweep.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';

/** Each sweep takes CPU from the relay that it sweeps. */
const EVERY_MS = 2_000;
/** As the stack has it: see `lib/stack/functions.ts`. */
const TIMEOUT_MS = 50_000;

const discoverySchema = z.looseObject({
  ConfigTableName: z.string(),
  EventLogTableName: z.string(),
  EventsQueueUrl: z.url(),
  DeliveriesQueueUrl: z.url(),
  dynamoDbEndpoint: z.url(),
  sqsEndpoint: z.url(),
  region: z.string(),
});

export interface Sweeping {
  /** Resolves once the last sweep has ended. */
  stop(): Promise<void>;
}

/**
 * Sweeps every two seconds from now on.
 *
 * @param url of the relay, which has to be running until this is stopped
 */
export async function startSweeping(url: string): Promise<Sweeping> {
  const { ports, close } = await portsOf(url);
  const stopping = new AbortController();
  const sweepOn = async () => {
    while (!stopping.signal.aborted) {
      // Config is cached for ten seconds. Here each sweep reads it again.
      const config = new Config(ports.configTable, clock, ports.telemetry);
      await sweep({ ...ports, config }, new Deadline(clock, TIMEOUT_MS));
      await sleep(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const swept = sweepOn();
  return {
    async stop() {
      stopping.abort();
      await swept;
      close();
    },
  };
}

async function portsOf(url: string) {
  const answer = await fetch(new URL(DISCOVERY_PATH, url));
  const found = discoverySchema.parse(await answer.json());
  const service = { region: found.region, credentials: LOCAL_CREDENTIALS };
  const client = dynamoDbClient({ ...service, endpoint: found.dynamoDbEndpoint });
  const sqs = sqsClient({ ...service, endpoint: found.sqsEndpoint });
  const telemetry = new MemoryTelemetry();
  const ports = {
    clock,
    random: Math.random,
    telemetry,
    configTable: new DynamoConfigTable({ client, tableName: found.ConfigTableName }),
    eventLog: new DynamoEventLog({ client, tableName: found.EventLogTableName, clock, telemetry }),
    eventQueue: new SqsEventQueue({ client: sqs, queueUrl: found.EventsQueueUrl, telemetry }),
    deliveryQueue: new SqsDeliveryQueue({ client: sqs, queueUrl: found.DeliveriesQueueUrl, telemetry }),
  } satisfies Omit<SweepContext, 'config'> & Record<'configTable', unknown>;
  const close = () => {
    client.destroy();
    sqs.destroy();
  };
  return { ports, close };
}
