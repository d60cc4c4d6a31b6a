/** Reads from Lambda the account's concurrency, the mappings, and the networks that the functions may send to. */
import {
  GetAccountSettingsCommand,
  GetEventSourceMappingCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import type { Concurrency, Mapping } from '../../operator/diagnostics.ts';
import { LIMITS } from './limits.ts';
import type { StackResource } from './stack-resources.ts';

export async function concurrency(): Promise<Concurrency> {
  const { AccountLimit = {} } = await withLambda((client) => client.send(new GetAccountSettingsCommand({})));
  const { ConcurrentExecutions = 0, UnreservedConcurrentExecutions = ConcurrentExecutions } = AccountLimit;
  return { limit: ConcurrentExecutions, unreserved: UnreservedConcurrentExecutions };
}

export function mappings(resources: readonly StackResource[]): Promise<Mapping[]> {
  const own = resources.filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping');
  return withLambda((client) =>
    Promise.all(
      own.map(async ({ name, physicalId }) => {
        const found = await client.send(new GetEventSourceMappingCommand({ UUID: physicalId }));
        const { State = 'Unknown', ScalingConfig } = found;
        return { name, state: State, maximumConcurrency: ScalingConfig?.MaximumConcurrency };
      }),
    ),
  );
}

/** The networks that the stack allows for endpoints, beside public addresses. */
export async function allowedCidrs(resources: readonly StackResource[]): Promise<string[]> {
  const FunctionName = functionNamed('DeliverFunction', resources);
  const { Environment } = await withLambda((client) =>
    client.send(new GetFunctionConfigurationCommand({ FunctionName })),
  );
  return (Environment?.Variables?.ALLOWED_CIDRS ?? '').split(',').filter(Boolean);
}

export function functionNamed(name: string, resources: readonly StackResource[]): string {
  const found = resources.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the stack has no ${name}`);
  return found.physicalId;
}

async function withLambda<Result>(work: (client: LambdaClient) => Promise<Result>): Promise<Result> {
  const client = new LambdaClient(LIMITS);
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}
