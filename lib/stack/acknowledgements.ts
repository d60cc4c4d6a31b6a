/** What a security review asks of every stack and this one answers in another way, each with the reason. */
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { StackConfig } from './config.ts';
import { type ReadableSecret, readableSecrets } from './readable-secrets.ts';

/** The rules of cdk-nag's packs AwsSolutions and Serverless, by the types of resources that they are asked of. */
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
      'Ingest is invoked synchronously, fan-out and deliver by queues that have dead-letter queues. A sweep that fails is made up for by the next, a minute later.',
  },
  {
    type: 'AWS::Lambda::Function',
    id: 'Serverless::Serverless-LambdaTracing',
    reason:
      'Each trace is billed, and none would show more than the event log, which has every attempt with its duration.',
  },
  {
    type: 'AWS::Lambda::EventInvokeConfig',
    id: 'Serverless::Serverless-LambdaAsyncFailureDestination',
    reason:
      'Only sweep is invoked asynchronously: the event says nothing, and the next minute brings another.',
  },
  {
    type: 'AWS::Lambda::EventSourceMapping',
    id: 'Serverless::Serverless-LambdaEventSourceMappingDestination',
    reason: 'SQS has no such destination: what fails for good goes to the dead-letter queue of its queue.',
  },
];

/** Of queues, the dead-letter ones alone are acknowledged. */
const DEAD_LETTER_QUEUE = {
  id: 'Serverless::Serverless-SQSRedrivePolicy',
  reason: 'It is a dead-letter queue itself: what is in it waits for a person, with an alarm.',
};

/** What the deployer named with a star, and nothing else: any other wildcard in a role is still found. */
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
