/** Writes down which calls the AWS SDK's clients make, and what DynamoDB says each has consumed. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';

export interface Call {
  readonly service: 'DynamoDB' | 'SQS';
  /** `Query`, `SendMessage`. */
  readonly command: string;
  readonly input: object;
  /** DynamoDB's capacity units; 0 for SQS. */
  readonly units: number;
}

export class CallRecorder {
  #calls: Call[] = [];

  /** The calls since the last time. */
  take(): Call[] {
    return this.#calls.splice(0);
  }

  watchDynamoDb(client: DynamoDBDocumentClient): void {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } });
        this.#note('DynamoDB', context.commandName, args.input, unitsOf(result.output));
        return result;
      },
      { step: 'initialize', name: 'recordCalls', override: true },
    );
  }

  watchSqs(client: SQSClient): void {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const result = await next(args);
        this.#note('SQS', context.commandName, args.input, 0);
        return result;
      },
      { step: 'initialize', name: 'recordCalls', override: true },
    );
  }

  #note(service: Call['service'], commandName = '', input: object, units: number): void {
    this.#calls.push({ service, command: commandName.replace(/Command$/, ''), input, units });
  }
}

const consumedSchema = z.looseObject({ CapacityUnits: z.number() });
/** A batch consumes of several tables. */
const outputSchema = z.looseObject({
  ConsumedCapacity: z.union([z.array(consumedSchema), consumedSchema.transform((one) => [one])]),
});

function unitsOf(output: object): number {
  return outputSchema
    .parse(output)
    .ConsumedCapacity.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
}
