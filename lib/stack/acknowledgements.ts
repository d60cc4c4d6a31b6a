/** The cdk-nag rules that this stack does not follow, each with the reason. */
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { StackConfig } from './config.ts';
import { type ReadableSecret, readableSecrets } from './readable-secrets.ts';

/** Rules of cdk-nag's packs AwsSolutions and Serverless, by the resource type that they apply to. */
const ACKNOWLEDGED: readonly { readonly type: string; readonly id: string; readonly reason: string }[] = [
  {
    type: 'AWS::ApiGatewayV2::Route',
    id: 'AwsSolutions::AwsSolutions-APIG4',
    reason:
      'The Hub signs nothing and sends no credentials. The 256-bit token in the path is the authorization: the function looks its SHA-256 up, and answers an unknown one like any unknown path.',
  },
  {
    type: 'AWS::Lambda::Function',
    id: 'Serverless::Serverless-LambdaDLQ',
    reason:
      'Ingest is invoked synchronously, fan-out and deliver by queues that have dead-letter queues. The next sweep, a minute later, repeats the work of a failed one.',
  },
  {
    type: 'AWS::Lambda::Function',
    id: 'Serverless::Serverless-LambdaTracing',
    reason:
      'AWS bills each trace, and the event log already has every attempt with its duration. The setting tracing enables it.',
  },
  {
    type: 'AWS::Lambda::EventInvokeConfig',
    id: 'Serverless::Serverless-LambdaAsyncFailureDestination',
    reason:
      'Only sweep is invoked asynchronously. Its event carries no data, and the schedule sends another a minute later.',
  },
  {
    type: 'AWS::Lambda::EventSourceMapping',
    id: 'Serverless::Serverless-LambdaEventSourceMappingDestination',
    reason:
      'An SQS mapping has no such destination: a message that keeps failing goes to the dead-letter queue of its queue.',
  },
];

/** Applies to the dead-letter queues only. */
const DEAD_LETTER_QUEUE = {
  id: 'Serverless::Serverless-SQSRedrivePolicy',
  reason: 'It is itself a dead-letter queue. An alarm tells people about its messages.',
};

/** Acknowledges only the wildcards that the deployer configured. cdk-nag still reports any other wildcard in a role. */
function wildcardsIn(secrets: readonly ReadableSecret[]): { readonly id: string; readonly reason: string }[] {
  return secrets
    .filter(({ resource }) => resource.includes('*'))
    .map(({ service, resource }) => ({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${resource}]`,
      reason:
        'Endpoints are rows, and refer to secrets that are made after deployment. The deployer names the prefix under which they are; by default it is the stack’s own, /<stackName>/.',
    }));
}

export function acknowledge(stack: IConstruct, settings: StackConfig): void {
  const wildcards = wildcardsIn(readableSecrets(settings));
  for (const construct of stack.node.findAll()) {
    const type = 'cfnResourceType' in construct ? construct.cfnResourceType : undefined;
    for (const rule of ACKNOWLEDGED) {
      if (rule.type === type) Validations.of(construct).acknowledge({ id: rule.id, reason: rule.reason });
    }
    if (type === 'AWS::SQS::Queue' && construct.node.path.includes('DeadLetterQueue'))
      Validations.of(construct).acknowledge(DEAD_LETTER_QUEUE);
    if (type === 'AWS::IAM::Role' && /\/(FanOut|Deliver)\//.test(construct.node.path)) {
      for (const wildcard of wildcards) Validations.of(construct).acknowledge(wildcard);
    }
  }
}
