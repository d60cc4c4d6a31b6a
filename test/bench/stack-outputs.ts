/** Which of the stack's tables and queues are which: its outputs say it. */
import { z } from 'zod';
import type { Engines } from '../../lib/emulator/engines/engines.ts';

const outputsSchema = z.looseObject({
  WebhookBaseAddress: z.string(),
  ConfigTableName: z.string(),
  EventLogTableName: z.string(),
  EventsQueueUrl: z.string(),
  DeliveriesQueueUrl: z.string(),
});

export type StackOutputs = z.output<typeof outputsSchema>;

export function outputsOf({ resources }: Pick<Engines, 'resources'>): StackOutputs {
  return outputsSchema.parse(resources.outputs);
}
