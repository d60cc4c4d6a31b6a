/** What `Ref` and `Fn::GetAtt` give for a resource, by its type: names, ARNs and addresses on this machine. */
import { SQS } from '../../contract/service-limits.ts';
import { arn, type Place, queueUrl } from '../local-account.ts';
import { describe, type Resource, TemplateError } from './cloudformation.ts';

export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** `undefined` for a type that nothing here stands for. */
export function identityOf(logicalId: string, resource: Resource, place: Place): Identity | undefined {
  switch (resource.Type) {
    case 'AWS::DynamoDB::Table': {
      const name = tableName(logicalId, resource);
      return { ref: name, attributes: { Arn: arn('dynamodb', `table/${name}`) } };
    }
    case 'AWS::SQS::Queue': {
      const name = queueName(logicalId, resource);
      const url = queueUrl(place, name);
      return { ref: url, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: url } };
    }
    case 'AWS::Lambda::Function': {
      const name = functionName(logicalId, resource);
      return { ref: name, attributes: { Arn: functionArn(name) } };
    }
    case 'AWS::ApiGatewayV2::Api':
      return { ref: logicalId, attributes: { ApiId: logicalId, ApiEndpoint: place.httpUrl } };
    case 'AWS::ApiGatewayV2::Integration':
      return { ref: logicalId, attributes: {} };
    default:
      return undefined;
  }
}

export function tableName(logicalId: string, resource: Resource): string {
  return givenName(logicalId, resource, 'TableName') ?? logicalId;
}

/** CloudFormation, too, adds the ending that SQS demands of a FIFO queue. */
export function queueName(logicalId: string, resource: Resource): string {
  const ending = resource.Properties.FifoQueue === true ? SQS.fifoSuffix : '';
  return givenName(logicalId, resource, 'QueueName') ?? `${logicalId}${ending}`;
}

export function functionName(logicalId: string, resource: Resource): string {
  return givenName(logicalId, resource, 'FunctionName') ?? logicalId;
}

export function functionArn(name: string): string {
  return arn('lambda', `function:${name}`);
}

/** Names are needed to resolve whatever refers to them, so they are the one thing that cannot refer to anything. */
function givenName(logicalId: string, resource: Resource, property: string): string | undefined {
  const name = resource.Properties[property];
  if (name === undefined || typeof name === 'string') return name;
  throw new TemplateError(`${describe(logicalId, resource)}: the property ${property} must be plain text`);
}
