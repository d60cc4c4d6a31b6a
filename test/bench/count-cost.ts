/** Counts the operations that the bill depends on, over the embedded engines. */
import { dynamoDbClient, sqsClient } from '../../lib/aws/clients.ts';
import { startEngines } from '../../lib/emulator/engines/engines.ts';
import { readTemplate } from '../../lib/emulator/template/read-template.ts';
import type { CostInputs } from './cost-model.ts';
import { callsOfDelivery, callsOfSweep } from './delivery-calls.ts';
import { callsOfOrder, type EventCalls, type Stores } from './event-calls.ts';
import { outputsOf } from './stack-outputs.ts';
import { partsOf } from './template-parts.ts';

export interface Load {
  readonly endpoints: number;
  /** Of each order. */
  readonly items: number;
}

export async function countCost(template: unknown, load: Load): Promise<CostInputs> {
  const event = await countEvent(template, load);
  const slow = await onEmptyStores(template, (stores) => callsOfDelivery(stores, load.items));
  const sweep = await onEmptyStores(template, (stores) => callsOfSweep(stores, load.endpoints));
  return { event, slow, sweep, parts: partsOf(template), table: eventLogOf(template) };
}

/** The calls of one event, of an order that has had others. */
export async function countEvent(template: unknown, { endpoints, items }: Load): Promise<EventCalls> {
  const { later } = await onEmptyStores(template, (stores) => callsOfOrder(stores, endpoints, { items }));
  return later;
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

function eventLogOf(template: unknown) {
  const resources = readTemplate(template);
  const { EventLogTableName: name } = outputsOf({ resources });
  const table = resources.tables.find((each) => each.name === name);
  if (table === undefined) throw new Error(`The template has no table ${name}`);
  return table;
}
