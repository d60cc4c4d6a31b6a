import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const CLI = new URL('../../bin/relay.ts', import.meta.url);

/** SDK commands whose names differ from the IAM actions. */
const ACTIONS: Readonly<Record<string, string>> = {
  'lib-dynamodb:Get': 'dynamodb:GetItem',
  'lib-dynamodb:Put': 'dynamodb:PutItem',
  'lib-dynamodb:Update': 'dynamodb:UpdateItem',
  'lib-dynamodb:Delete': 'dynamodb:DeleteItem',
  'lib-dynamodb:Query': 'dynamodb:Query',
  'lib-dynamodb:BatchGet': 'dynamodb:BatchGetItem',
  'client-sqs:SendMessageBatch': 'sqs:SendMessage',
  'client-sqs:ChangeMessageVisibilityBatch': 'sqs:ChangeMessageVisibility',
};
/** The service authorization reference lists no resource type for them, or, for mappings, only ids that nobody knows before. */
const UNRESTRICTED = [
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetMetricData',
  'lambda:GetAccountSettings',
  'lambda:GetEventSourceMapping',
];
const READS = [
  'cloudformation:DescribeStacks',
  'dynamodb:BatchGetItem',
  'dynamodb:GetItem',
  'dynamodb:Query',
  'sqs:GetQueueAttributes',
];

const oneOrMany = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const policySchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({ Sid: z.string(), Effect: z.literal('Allow'), Action: oneOrMany, Resource: oneOrMany }),
  ),
});

function policy(name: string) {
  const text = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  return policySchema.parse(JSON.parse(text)).Statement;
}

const actionsOf = (statements: ReturnType<typeof policy>) =>
  [...new Set(statements.flatMap(({ Action }) => Action))].toSorted();

/** The IAM actions of all SDK commands in the code that a file imports. */
function actionsReachedFrom(file: URL, seen = new Map<string, string[]>()): string[] {
  if (seen.has(file.href)) return [];
  const source = readFileSync(file, 'utf8');
  const actions = [...source.matchAll(/\{([^{}]*)\} = await import\('@aws-sdk\/([\w-]+)'\)/g)]
    .concat([...source.matchAll(/import \{([^{}]*)\} from '@aws-sdk\/([\w-]+)'/g)])
    .flatMap(([, names = '', sdk = '']) =>
      [...names.matchAll(/(?<!type )\b(\w+)Command\b/g)].map(([, command = '']) => actionOf(sdk, command)),
    );
  seen.set(file.href, actions);
  for (const [, , path = ''] of source.matchAll(/(from|import\() ?'(\.[^']+\.ts)'/g))
    actionsReachedFrom(new URL(path, file), seen);
  return [...new Set([...seen.values()].flat())].toSorted();
}

function actionOf(sdk: string, command: string): string {
  return ACTIONS[`${sdk}:${command}`] ?? `${sdk.replace('client-', '')}:${command}`;
}

describe('the policy for operators', () => {
  const statements = policy('operator-policy.json');

  it('allows exactly the calls in the CLI’s code', () => {
    const sent = actionsReachedFrom(CLI);

    expect(sent).toContain('cloudformation:DescribeStacks');
    expect(actionsOf(statements)).toEqual(sent);
  });

  it('names resources of one stack alone, except for reads that IAM cannot restrict to a resource', () => {
    const open = statements.filter(({ Resource }) => Resource.includes('*'));
    expect(actionsOf(open)).toEqual(UNRESTRICTED);
    const restricted = statements.filter((statement) => !open.includes(statement));
    for (const resource of restricted.flatMap(({ Resource }) => Resource))
      expect(resource).toMatch(
        /^arn:aws:(cloudformation:REGION:ACCOUNT:stack\/STACK\/\*|(dynamodb|sqs):REGION:ACCOUNT:(table\/)?STACK-\w+-\*(\/index\/\*)?|(lambda|sns):REGION:ACCOUNT:(function:)?STACK-\*)$/,
      );
  });
});

describe('the policy for reading', () => {
  it('allows reads of the same resources', () => {
    const resources = policy('operator-policy.json').flatMap(({ Resource }) => Resource);
    const reading = policy('operator-policy-read-only.json');

    expect(actionsOf(reading)).toEqual(READS);
    expect(resources).toEqual(expect.arrayContaining(reading.flatMap(({ Resource }) => Resource)));
  });
});
