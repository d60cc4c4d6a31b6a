/** The physical ids of a relay's resources in its CloudFormation stack. */
import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import type { StackPlace } from '../aws-relay.ts';
import { LIMITS } from './limits.ts';

export interface StackResource {
  /** Without the relay's prefix: `SweepFunction`. */
  readonly name: string;
  /** `AWS::Lambda::Function` */
  readonly type: string;
  readonly physicalId: string;
}

export async function stackResources({ stackName, prefix }: StackPlace): Promise<StackResource[]> {
  const client = new CloudFormationClient(LIMITS);
  const resources: StackResource[] = [];
  try {
    let NextToken: string | undefined;
    do {
      const page = await client.send(new ListStackResourcesCommand({ StackName: stackName, NextToken }));
      for (const {
        LogicalResourceId = '',
        ResourceType = '',
        PhysicalResourceId,
      } of page.StackResourceSummaries ?? [])
        if (PhysicalResourceId !== undefined && LogicalResourceId.startsWith(prefix))
          resources.push({
            name: LogicalResourceId.slice(prefix.length),
            type: ResourceType,
            physicalId: PhysicalResourceId,
          });
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return resources;
  } finally {
    client.destroy();
  }
}
