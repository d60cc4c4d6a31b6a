/** The results of `Ref` and `Fn::GetAtt` for a resource: its name, ARN and address on this machine. */
import { SQS } from '../../contract/service-limits.ts';
import { arn, type EmulatorAddresses, queueUrl } from '../account.ts';
import { describe, type Resource, TemplateError } from './cloudformation.ts';

export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Undefined for a type that the emulator does not run. */
export function identityOf(
  logicalId: string,
  resource: Resource,
  addresses: EmulatorAddresses,
): Identity | undefined {
  switch (resource.Type) {
    case 'AWS::DynamoDB::Table': {
      const name = tableName(logicalId, resource);
      return { ref: name, attributes: { Arn: arn('dynamodb', `table/${name}`) } };
    }
    case 'AWS::SQS::Queue': {
      const name = queueName(logicalId, resource);
      const url = queueUrl(addresses, name);
      return { ref: url, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: url } };
    }
    case 'AWS::Lambda::Function': {
      const name = functionName(logicalId, resource);
      return { ref: name, attributes: { Arn: functionArn(name) } };
    }
    case 'AWS::ApiGatewayV2::Api':
      return { ref: logicalId, attributes: { ApiId: logicalId, ApiEndpoint: addresses.httpUrl } };
    case 'AWS::ApiGatewayV2::Integration':
      return { ref: logicalId, attributes: {} };
    default:
      return undefined;
  }
}

export function tableName(logicalId: string, resource: Resource): string {
  return givenName(logicalId, resource, 'TableName') ?? logicalId;
}

/** Like CloudFormation, adds the suffix that SQS requires for a FIFO queue. */
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

/** Other resources refer to the name, so the name itself must be plain text. */
function givenName(logicalId: string, resource: Resource, property: string): string | undefined {
  const name = resource.Properties[property];
  if (name === undefined || typeof name === 'string') return name;
  throw new TemplateError(`${describe(logicalId, resource)}: the property ${property} must be plain text`);
}
