/** Counts the operations that the bill depends on, over the embedded engines. */
import { dynamoDbClient, sqsClient } from '../../lib/aws/clients.ts';
import { startEngines } from '../../lib/emulator/engines/engines.ts';
import type { CostInputs } from './cost-model.ts';
import { callsOfDelivery, callsOfSweep } from './delivery-calls.ts';
import { callsOfOrder, type Stores } from './event-calls.ts';
import { outputsOf } from './stack-outputs.ts';
import { partsOf } from './template-parts.ts';

export interface Load {
  readonly endpoints: number;
  /** Of each order. */
  readonly items: number;
}

export async function countCost(template: unknown, { endpoints, items }: Load): Promise<CostInputs> {
  const { later } = await onEmptyStores(template, (stores) => callsOfOrder(stores, endpoints, { items }));
  const slow = await onEmptyStores(template, (stores) => callsOfDelivery(stores, items));
  const sweep = await onEmptyStores(template, (stores) => callsOfSweep(stores, endpoints));
  return { event: later, slow, sweep, parts: partsOf(template), table: await eventLogOf(template) };
}

async function onEmptyStores<Result>(
  template: unknown,
  count: (stores: Stores) => Promise<Result>,
): Promise<Result> {
  // dynoxide reports the units of index writes too, which the cost model works out by itself.
  const engines = await startEngines({ template, dynamoDbEngine: 'dynalite' });
  const outputs = outputsOf(engines);
  const dynamoDb = dynamoDbClient(engines.dynamoDbConfig);
  const sqs = sqsClient(engines.sqsConfig);
  try {
    return await count({
      dynamoDb,
      sqs,
      configTable: outputs.ConfigTableName,
      eventLogTable: outputs.EventLogTableName,
      eventsQueueUrl: outputs.EventsQueueUrl,
      deliveriesQueueUrl: outputs.DeliveriesQueueUrl,
    });
  } finally {
    dynamoDb.destroy();
    sqs.destroy();
    await engines.stop();
  }
}

async function eventLogOf(template: unknown) {
  const engines = await startEngines({ template });
  await engines.stop();
  const name = outputsOf(engines).EventLogTableName;
  const table = engines.resources.tables.find((each) => each.name === name);
  if (table === undefined) throw new Error(`The template has no table ${name}`);
  return table;
}
