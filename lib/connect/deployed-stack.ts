/** Finds a deployed relay by the outputs of its CloudFormation stack. */
import type { Stack } from '@aws-sdk/client-cloudformation';
import { NotARelayError } from '../operator/errors.ts';
import { type AwsRelay, describeOutputs, stackOutputsSchema } from './aws-relay.ts';

/** CloudFormation answers within two seconds. Without limits the SDK waits for ever. */
const LIMITS = {
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

/**
 * Region, credentials and endpoint come from the AWS environment.
 *
 * @throws NotARelayError when there is no such stack, or it is not a relay's stack
 */
export async function findDeployedStack(name: string): Promise<AwsRelay> {
  const stack = await describeStack(name);
  const outputs = Object.fromEntries(
    (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
  const parsed = stackOutputsSchema.safeParse(outputs);
  if (!parsed.success) {
    const missing = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new NotARelayError(
      'stack',
      `the stack ${name} (${stack.StackStatus}) is not a relay, or not fully deployed: it has no output ${missing}`,
    );
  }
  return {
    title: `the stack ${name}`,
    ...describeOutputs(parsed.data),
    dynamoDbConfig: {},
    sqsConfig: {},
  };
}

async function describeStack(name: string): Promise<Stack> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient(LIMITS);
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const [stack] = Stacks;
    if (stack !== undefined) return stack;
  } catch (error) {
    if (!isNotThere(error)) throw error;
  } finally {
    client.destroy();
  }
  const region = await client.config.region();
  throw new NotARelayError('stack', `there is no stack ${name} in the region ${region}`);
}

/** CloudFormation has no error type for a missing stack. */
function isNotThere(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);
}
