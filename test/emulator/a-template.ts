/** Builders of small CloudFormation templates. */

export interface Parts {
  readonly resources?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

export function aTemplate({ resources = {}, outputs = {} }: Parts = {}) {
  return {
    Resources: resources,
    Outputs: Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }])),
  };
}

export function aTable(properties: Readonly<Record<string, unknown>> = {}) {
  return {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      ...properties,
    },
  };
}

export function aQueue(properties: Readonly<Record<string, unknown>> = {}) {
  return { Type: 'AWS::SQS::Queue', Properties: properties };
}

export function aFunction(handler: string, properties: Readonly<Record<string, unknown>> = {}) {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: properties,
    Metadata: { 'sensaria:handler': handler },
  };
}

export function aMapping(queue: string, lambda: string, properties: Readonly<Record<string, unknown>> = {}) {
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
      FunctionName: { Ref: lambda },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
      ...properties,
    },
  };
}

export function anHttpApi() {
  return { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP', Name: 'Api' } };
}

/** The API, its stage, and a route to the function. */
export function aRoute(
  routeKey: string,
  lambda: string,
  integration: Readonly<Record<string, unknown>> = {},
) {
  const ApiId = { Ref: 'Api' };
  return {
    Api: anHttpApi(),
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId, StageName: '$default', AutoDeploy: true },
    },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId,
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': [lambda, 'Arn'] },
        PayloadFormatVersion: '2.0',
        ...integration,
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId,
        RouteKey: routeKey,
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
      },
    },
  };
}

export function aSchedule(lambda: string, expression = 'rate(1 minute)') {
  return {
    Type: 'AWS::Scheduler::Schedule',
    Properties: {
      ScheduleExpression: expression,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: { 'Fn::GetAtt': [lambda, 'Arn'] },
        RoleArn: 'arn:aws:iam::1:role/x',
        RetryPolicy: { MaximumRetryAttempts: 0 },
      },
    },
  };
}
