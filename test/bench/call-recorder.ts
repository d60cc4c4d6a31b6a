/** Writes down which calls the AWS SDK's clients make, and what DynamoDB says each has consumed. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';

export interface Call {
  readonly service: 'DynamoDB' | 'SQS';
  /** `Query`, `SendMessage`. */
  readonly command: string;
  readonly input: object;
  /** DynamoDB's capacity units; 0 for SQS. Without the writes to indexes, which `index-writes.ts` counts. */
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
        const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'INDEXES' } });
        this.#note(
          'DynamoDB',
          context.commandName,
          args.input,
          unitsOf(result.output, isWrite(context.commandName)),
        );
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

const consumedSchema = z.looseObject({
  /** Of the table and its indexes. Dynalite leaves the writes to indexes out. */
  CapacityUnits: z.number(),
  Table: z.looseObject({ CapacityUnits: z.number() }).optional(),
});
/** A batch consumes of several tables. */
const outputSchema = z.looseObject({
  ConsumedCapacity: z.union([z.array(consumedSchema), consumedSchema.transform((one) => [one])]),
});

function isWrite(commandName = ''): boolean {
  return /^(Put|Update|Delete|BatchWrite)/.test(commandName);
}

function unitsOf(output: object, ofTableOnly: boolean): number {
  return outputSchema
    .parse(output)
    .ConsumedCapacity.reduce(
      (sum, { CapacityUnits, Table }) =>
        sum + (ofTableOnly ? (Table?.CapacityUnits ?? CapacityUnits) : CapacityUnits),
      0,
    );
}
