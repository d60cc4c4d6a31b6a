/** Finds a deployed relay by the outputs of its CloudFormation stack. */
import { NotARelayError } from '../operator/errors.ts';
import { type AwsRelay, describeOutputs, stackOutputsSchema } from './aws-relay.ts';
import { describeStack } from './describe-stack.ts';

/** The output by which a relay is found. Its name begins with the relay's prefix in the stack. */
const FIRST_OUTPUT = 'WebhookBaseAddress';

/**
 * Region, credentials and endpoint come from the AWS environment.
 *
 * @param name the stack's name; `<stack>/<prefix>` names one of several relays in a stack
 * @throws NotARelayError when there is no such stack, or not exactly one relay in it
 */
export async function findDeployedStack(name: string): Promise<AwsRelay> {
  // An ARN contains slashes, too.
  const [stackName = '', wanted] = name.startsWith('arn:') ? [name] : name.split('/');
  const { stack, region } = await describeStack(stackName);
  if (stack === undefined)
    throw new NotARelayError('stack', `there is no stack ${stackName} in the region ${region}`);
  const outputs = new Map(
    (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue }) => [OutputKey, OutputValue]),
  );
  const prefix = wanted ?? onlyPrefix(stackName, prefixesIn([...outputs.keys()]));
  const own = [...outputs].flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
  );
  const parsed = stackOutputsSchema.safeParse(Object.fromEntries(own));
  if (!parsed.success) {
    const missing = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new NotARelayError(
      'stack',
      `the stack ${name} (${stack.StackStatus}) is not a relay, or not fully deployed: it has no output ${missing}`,
    );
  }
  return {
    title: `the stack ${name}`,
    option: `--stack ${name}`,
    stackPlace: { stackName, prefix },
    ...describeOutputs(parsed.data),
    dynamoDbConfig: {},
    sqsConfig: {},
  };
}

function prefixesIn(outputNames: readonly string[]): string[] {
  return outputNames
    .filter((name) => name.endsWith(FIRST_OUTPUT))
    .map((name) => name.slice(0, -FIRST_OUTPUT.length))
    .sort();
}

function onlyPrefix(stackName: string, prefixes: readonly string[]): string {
  if (prefixes.length <= 1) return prefixes[0] ?? '';
  const names = prefixes.map((prefix) => `${stackName}/${prefix}`).join(', ');
  throw new NotARelayError('stack', `the stack ${stackName} has several relays: name one of ${names}`);
}
