/** Logical ids that do not change when a construct moves to another file. */
import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Gives a resource a fixed, readable logical id. CloudFormation replaces a resource whose logical id changes, and a
 * replaced table or queue is empty.
 *
 * @returns the CloudFormation resource of the construct
 */
export function setLogicalId(construct: IConstruct, logicalId: string): CfnResource {
  const resource = construct.node.defaultChild;
  if (!CfnResource.isCfnResource(resource))
    throw new TypeError(`${construct.node.path} does not stand for exactly one resource`);
  resource.overrideLogicalId(logicalId);
  return resource;
}
