/** The bench's third part: what an event costs in calls and units, for more and more endpoints. */
import { dynamoDbClient, sqsClient } from '../../lib/aws/clients.ts';
import { type Engines, startEngines } from '../../lib/emulator/engines/engines.ts';
import type { TableDefinition } from '../../lib/emulator/template/table.ts';
import { type Charges, chargesOf } from './charges.ts';
import { callsOfOrder, countByCommand, type EventCalls } from './event-calls.ts';
import { outputsOf } from './stack-outputs.ts';
import { aWebhook } from './webhooks.ts';

export interface CallsBench {
  readonly bodyBytes: number;
  readonly byEndpoints: readonly CallsForEndpoints[];
}

export interface CallsForEndpoints {
  readonly endpoints: number;
  /** Of an order's later event. */
  readonly ingest: Readonly<Record<string, number>>;
  readonly fanOut: Readonly<Record<string, number>>;
  /** Additional calls of an order's first event right after a cold start. */
  readonly firstBeside: Readonly<Record<string, number>>;
  /** As the embedded DynamoDB reports them. */
  readonly reportedUnits: { readonly ingest: number; readonly fanOut: number };
  readonly aws: Charges;
}

/** @param endpointCounts each is tried by itself, on empty tables in memory */
export async function benchCalls(template: unknown, endpointCounts: readonly number[]): Promise<CallsBench> {
  const byEndpoints: CallsForEndpoints[] = [];
  for (const endpoints of endpointCounts.toSorted((a, b) => a - b)) {
    const engines = await startEngines({ template });
    byEndpoints.push(await callsFor(engines, endpoints));
    await engines.stop();
  }
  return { bodyBytes: aWebhook('1', 1).body.length, byEndpoints };
}

async function callsFor(engines: Engines, endpoints: number): Promise<CallsForEndpoints> {
  const outputs = outputsOf(engines);
  const dynamoDb = dynamoDbClient(engines.dynamoDbConfig);
  const sqs = sqsClient(engines.sqsConfig);
  const stores = {
    dynamoDb,
    sqs,
    configTable: outputs.ConfigTableName,
    eventLogTable: outputs.EventLogTableName,
    eventsQueueUrl: outputs.EventsQueueUrl,
    deliveriesQueueUrl: outputs.DeliveriesQueueUrl,
  };
  const { first, later } = await callsOfOrder(stores, endpoints);
  dynamoDb.destroy();
  sqs.destroy();
  const units = (calls: EventCalls['ingest']) => calls.reduce((total, call) => total + call.units, 0);
  return {
    endpoints,
    ingest: countByCommand(later.ingest),
    fanOut: countByCommand(later.fanOut),
    firstBeside: beside(countByCommand(allOf(first)), countByCommand(allOf(later))),
    reportedUnits: { ingest: units(later.ingest), fanOut: units(later.fanOut) },
    aws: chargesOf(allOf(later), tableNamed(engines, stores.eventLogTable)),
  };
}

function allOf({ ingest, fanOut }: EventCalls) {
  return [...ingest, ...fanOut];
}

function beside(
  more: Readonly<Record<string, number>>,
  less: Readonly<Record<string, number>>,
): Record<string, number> {
  const differences = Object.entries(more).map(([name, count]) => [name, count - (less[name] ?? 0)] as const);
  return Object.fromEntries(differences.filter(([, count]) => count !== 0));
}

function tableNamed({ resources }: Engines, name: string): TableDefinition {
  const table = resources.tables.find((each) => each.name === name);
  if (table === undefined) throw new Error(`The template has no table ${name}`);
  return table;
}
