/** A DynamoDB table of the template. */
import { z } from 'zod';
import type { KnownProperties } from './properties.ts';

const keySchema = z
  .array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }))
  .min(1)
  .max(2);

const indexSchema = z.strictObject({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: z.strictObject({
    ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
    NonKeyAttributes: z.array(z.string()).optional(),
  }),
});

const schema = z.strictObject({
  TableName: z.string().optional(),
  AttributeDefinitions: z.array(
    z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(indexSchema).default([]),
  /** The emulator does not throttle, so it cannot run provisioned capacity. */
  BillingMode: z.literal('PAY_PER_REQUEST'),
});

type Index = z.output<typeof indexSchema>;

/** In the terms of `CreateTable`. */
export interface TableDefinition {
  readonly name: string;
  readonly attributes: z.output<typeof schema>['AttributeDefinitions'];
  readonly keySchema: z.output<typeof keySchema>;
  readonly indexes: readonly Index[];
}

export const TABLE: KnownProperties<z.output<typeof schema>> = {
  schema,
  ignored: {
    TimeToLiveSpecification: 'dynalite never expires rows; readers ignore expired ones in any case',
    PointInTimeRecoverySpecification: 'the data folder is backed up by copying it',
    SSESpecification: 'the data folder is as safe as the disk it is on',
    DeletionProtectionEnabled: 'nothing here deletes a table',
    Tags: 'for people who look at the AWS console',
  },
};

export function tableOf(name: string, values: z.output<typeof schema>): TableDefinition {
  return {
    name,
    attributes: values.AttributeDefinitions,
    keySchema: values.KeySchema,
    indexes: values.GlobalSecondaryIndexes,
  };
}
