/** Logical ids that do not change when a construct moves to another file. */
import { type CfnElement, CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

const PREFIX = 'sensaria-relay:logical-id-prefix';

/** Sets the beginning of all logical ids below the scope. Call it before the scope gets children. */
export function setLogicalIdPrefix(scope: IConstruct, prefix: string): void {
  scope.node.setContext(PREFIX, prefix);
}

/**
 * Gives a resource a fixed, readable logical id, below the prefix of its scope. CloudFormation replaces a resource whose
 * logical id changes, and a replaced table or queue is empty.
 *
 * @returns the CloudFormation resource of the construct
 */
export function setLogicalId(construct: IConstruct, logicalId: string): CfnResource {
  const resource = construct.node.defaultChild;
  if (!CfnResource.isCfnResource(resource))
    throw new TypeError(`${construct.node.path} does not stand for exactly one resource`);
  resource.overrideLogicalId(prefixOf(construct) + logicalId);
  return resource;
}

/** The same for an output, a parameter or a condition. */
export function setElementId(element: CfnElement, logicalId: string): void {
  element.overrideLogicalId(prefixOf(element) + logicalId);
}

function prefixOf(construct: IConstruct): string {
  const prefix: unknown = construct.node.tryGetContext(PREFIX);
  return typeof prefix === 'string' ? prefix : '';
}
