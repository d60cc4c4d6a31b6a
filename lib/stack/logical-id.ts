/** Logical ids that stay what they are when a construct moves to another file. */
import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Gives a resource a readable logical id of its own. CloudFormation replaces whatever changes its logical id, and a
 * table or queue that is replaced has lost what it held.
 *
 * @returns the resource as CloudFormation has it
 */
export function nameLogically(construct: IConstruct, logicalId: string): CfnResource {
  const resource = construct.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) throw new TypeError(`${construct.node.path} is no one resource`);
  resource.overrideLogicalId(logicalId);
  return resource;
}
