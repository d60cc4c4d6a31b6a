/** Creates the template's queues in the embedded SQS. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueDefinition } from '../template/queue.ts';

/** Creates the queue, or updates the changed attributes of an existing one, which keeps its messages. */
export async function ensureQueue(client: SQSClient, definition: QueueDefinition): Promise<void> {
  const existing = await attributesOf(client, definition.url);
  if (existing === undefined) {
    await client.send(
      new CreateQueueCommand({ QueueName: definition.name, Attributes: { ...definition.attributes } }),
    );
    return;
  }
  const changed = Object.entries(definition.attributes).filter(([name, value]) => existing[name] !== value);
  if (changed.length === 0) return;
  await client.send(
    new SetQueueAttributesCommand({ QueueUrl: definition.url, Attributes: Object.fromEntries(changed) }),
  );
}

async function attributesOf(client: SQSClient, url: string): Promise<Record<string, string> | undefined> {
  try {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    return Attributes ?? {};
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined;
    throw error;
  }
}
