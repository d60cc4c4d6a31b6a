/** Reads a CloudFormation stack. */
import type { CloudFormationClientConfig, Stack } from '@aws-sdk/client-cloudformation';

/** CloudFormation answers within two seconds. Without limits the SDK waits for ever. */
const LIMITS = {
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

export interface FoundStack {
  /** Undefined when there is no such stack. */
  readonly stack: Stack | undefined;
  readonly region: string;
}

/** Region, credentials and endpoint come from the AWS environment unless given. */
export async function describeStack(
  name: string,
  config: CloudFormationClientConfig = {},
): Promise<FoundStack> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = new CloudFormationClient({ ...LIMITS, ...config });
  try {
    const region = await client.config.region();
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return { stack: Stacks[0], region };
  } catch (error) {
    if (!isNotThere(error)) throw error;
    return { stack: undefined, region: await client.config.region() };
  } finally {
    client.destroy();
  }
}

/** CloudFormation has no error type for a missing stack. */
function isNotThere(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);
}
