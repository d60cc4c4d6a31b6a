/** Finds the usual obstacles of a deployment before the CDK starts: credentials, region, bootstrap, the stack's name. */
import { explainAwsFailure } from './aws-failure.ts';
import { describeStack } from './describe-stack.ts';

export const CDK_COMMANDS = ['bootstrap', 'deploy', 'diff', 'destroy'] as const;
export type CdkCommand = (typeof CDK_COMMANDS)[number];

type Environment = Readonly<Record<string, string | undefined>>;

const TOOLKIT = 'CDKToolkit';

/**
 * @param args those after the command
 * @param stackName of the app with these arguments
 * @returns a sentence that says what is wrong and what to do; undefined when the CDK may start
 */
export async function obstacleTo(
  command: CdkCommand,
  args: readonly string[],
  stackName: string,
  environment: Environment,
): Promise<string | undefined> {
  if (args.some((arg) => arg === '--help' || arg === '-h')) return undefined;
  return (
    obstacleInNames(command, args, stackName) ??
    (await obstacleInAccount(command, args, stackName, environment))
  );
}

/** The CDK would say "No stacks match the name(s)". Names stand before the options: the CDK's options may have values. */
function obstacleInNames(
  command: CdkCommand,
  args: readonly string[],
  stackName: string,
): string | undefined {
  if (command === 'bootstrap') return undefined;
  const firstOption = args.findIndex((arg) => arg.startsWith('-'));
  const names = args.slice(0, firstOption === -1 ? args.length : firstOption);
  const other = names.find((name) => name !== stackName && !name.includes('*'));
  return other === undefined
    ? undefined
    : `the app has no stack ${other}, only ${stackName}: run \`npm run ${command} -- -c stackName=${other}\``;
}

async function obstacleInAccount(
  command: CdkCommand,
  args: readonly string[],
  stackName: string,
  environment: Environment,
): Promise<string | undefined> {
  // The SDK ignores AWS_DEFAULT_REGION, which the CDK and the AWS CLI read.
  const region = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  const profile = optionValue('--profile', args);
  const config = {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
  };
  const toolkit = optionValue('--toolkit-stack-name', args) ?? TOOLKIT;
  try {
    const found = await describeStack(command === 'destroy' ? stackName : toolkit, config);
    if (found.stack !== undefined) return undefined;
    if (command === 'destroy')
      return `there is no stack ${stackName} in the region ${found.region}: name it with \`npm run destroy -- -c stackName=…\`, or set AWS_REGION`;
    if (command === 'deploy' && !hasOwnQualifier(args))
      return `the region ${found.region} is not prepared for the CDK: run \`npm run bootstrap\` once, or set AWS_REGION to a region that is`;
    return undefined;
  } catch (error) {
    return isForTheCdk(error) ? undefined : (explainAwsFailure(error) ?? messageOf(error));
  }
}

/** Somebody who may only assume the CDK's roles may not describe stacks. And the CDK asks for MFA codes. */
function isForTheCdk(error: unknown): boolean {
  return (
    error instanceof Error && (/^AccessDenied/.test(error.name) || /multi-factor|MFA/i.test(error.message))
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** With a qualifier of its own, the toolkit may have any name. */
function hasOwnQualifier(args: readonly string[]): boolean {
  return args.some((arg) => arg.includes('bootstrapQualifier'));
}

/** The last `--name value` or `--name=value`. */
function optionValue(name: string, args: readonly string[]): string | undefined {
  return args
    .flatMap((arg, index) => {
      if (arg === name) return args.slice(index + 1, index + 2);
      return arg.startsWith(`${name}=`) ? [arg.slice(name.length + 1)] : [];
    })
    .at(-1);
}

/** The value of a setting on the command line: `-c stackName=ShopRelay`. */
export function contextOf(args: readonly string[], key: string): string | undefined {
  return args
    .flatMap((arg, index) => {
      const [, joined] = /^(?:-c|--context)=?(.+)$/.exec(arg) ?? [];
      const pair = arg === '-c' || arg === '--context' ? args[index + 1] : joined;
      return pair?.startsWith(`${key}=`) ? [pair.slice(key.length + 1)] : [];
    })
    .at(-1);
}
