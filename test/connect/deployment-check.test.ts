import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type CdkCommand, contextOf, obstacleTo } from '../../lib/connect/deployment-check.ts';
import { anHttpServer } from '../operator/http-server.ts';

const run = promisify(execFile);
const CDK = fileURLToPath(new URL('../../bin/cdk.ts', import.meta.url));

const ENVIRONMENT = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'deployer', AWS_SECRET_ACCESS_KEY: 'secret' };

beforeEach(() => {
  const own = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  for (const name of own) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries({ ...ENVIRONMENT, ...CREDENTIALS, AWS_REGION: 'eu-central-1' }))
    vi.stubEnv(name, value);
  return () => vi.unstubAllEnvs();
});

const STACK = `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>
  <Stacks><member><StackName>It</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus></member></Stacks>
  </DescribeStacksResult></DescribeStacksResponse>`;

/** CloudFormation's answer to every request. */
async function cloudFormation(answer: 'found' | { readonly code: string; readonly message: string }) {
  const response =
    answer === 'found'
      ? { body: STACK }
      : {
          status: 400,
          body: `<ErrorResponse><Error><Type>Sender</Type><Code>${answer.code}</Code><Message>${answer.message}</Message></Error></ErrorResponse>`,
        };
  const server = await anHttpServer({ ...response, headers: { 'content-type': 'text/xml' } });
  vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', server.url);
  return server;
}

const NOT_THERE = { code: 'ValidationError', message: 'Stack with id It does not exist' };

function obstacle(command: CdkCommand, args: readonly string[] = []) {
  return obstacleTo(command, args, 'SensariaRelay', process.env);
}

describe('before the CDK starts', () => {
  it('nothing is in the way of a deployment to a prepared region', async () => {
    const { requests } = await cloudFormation('found');

    expect(await obstacle('deploy')).toBeUndefined();
    expect(requests[0]?.body.toString()).toContain('StackName=CDKToolkit');
  });

  it('a region without the CDK’s own stack needs `npm run bootstrap`', async () => {
    await cloudFormation(NOT_THERE);

    expect(await obstacle('deploy')).toBe(
      'the region eu-central-1 is not prepared for the CDK: run `npm run bootstrap` once, or set AWS_REGION to a region that is',
    );
    expect(await obstacle('bootstrap')).toBeUndefined();
  });

  it('the CDK’s own stack may have another name', async () => {
    const { requests } = await cloudFormation('found');

    await obstacle('deploy', ['--toolkit-stack-name', 'OurToolkit']);

    expect(requests[0]?.body.toString()).toContain('StackName=OurToolkit');
  });

  it('the region may be in AWS_DEFAULT_REGION, as for the AWS CLI', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_DEFAULT_REGION', 'ap-southeast-2');
    await cloudFormation(NOT_THERE);

    expect(await obstacle('deploy')).toContain('the region ap-southeast-2');
  });

  it.each<CdkCommand>(['bootstrap', 'deploy', 'diff', 'destroy'])(
    '%s says that there is no region, where the CDK would take us-east-1',
    async (command) => {
      vi.stubEnv('AWS_REGION', undefined);

      expect(await obstacle(command)).toBe(
        'there is no AWS region: set AWS_REGION, or a region in the profile',
      );
    },
  );

  it.each<CdkCommand>(['bootstrap', 'deploy', 'diff', 'destroy'])(
    '%s says that there are no credentials',
    async (command) => {
      for (const name of Object.keys(CREDENTIALS)) vi.stubEnv(name, undefined);

      expect(await obstacle(command)).toBe(
        'there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
      );
    },
  );

  it('expired credentials are named', async () => {
    await cloudFormation({ code: 'ExpiredToken', message: 'The security token is expired' });

    expect(await obstacle('deploy')).toBe('the AWS credentials have expired: sign in again');
  });

  it('somebody who may only assume the CDK’s roles is let through', async () => {
    await cloudFormation({ code: 'AccessDenied', message: 'not authorized' });

    expect(await obstacle('deploy')).toBeUndefined();
  });

  it('destroy of a stack that does not exist says how to name another, and where it looked', async () => {
    await cloudFormation(NOT_THERE);

    expect(await obstacle('destroy')).toBe(
      'there is no stack SensariaRelay in the region eu-central-1: name it with `npm run destroy -- -c stackName=…`, or set AWS_REGION',
    );
  });

  it('a stack’s name as an argument, which matches no stack of the app, becomes a setting', async () => {
    expect(await obstacle('destroy', ['ShopRelay', '--force'])).toBe(
      'the app has no stack ShopRelay, only SensariaRelay: run `npm run destroy -- -c stackName=ShopRelay`',
    );
    await cloudFormation('found');
    expect(await obstacle('destroy', ['SensariaRelay'])).toBeUndefined();
    expect(await obstacle('destroy', ['--profile', 'ShopRelay'])).not.toContain('the app has no stack');
  });

  it('help needs no account', async () => {
    vi.stubEnv('AWS_REGION', undefined);

    expect(await obstacle('deploy', ['--help'])).toBeUndefined();
  });
});

describe('a setting on the command line', () => {
  it.each([
    [['-c', 'stackName=A'], 'A'],
    [['--context', 'stackName=A'], 'A'],
    [['--context=stackName=A'], 'A'],
    [['-c', 'stackName=A', '-c', 'stackName=B'], 'B'],
    [['-c', 'retentionDays=60'], undefined],
  ])('is read from %j', (args, name) => {
    expect(contextOf(args, 'stackName')).toBe(name);
  });
});

describe('bin/cdk.ts', () => {
  const environment = { ...ENVIRONMENT, PATH: process.env.PATH };

  it('ends with the sentence, and starts nothing', async () => {
    await expect(
      run(process.execPath, [CDK, 'destroy', '-c', 'stackName=ShopRelay', 'Other'], { env: environment }),
    ).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'error: there is no AWS region: set AWS_REGION, or a region in the profile\n',
    });
  });

  it('hands the arguments to the CDK, whose exit code is its own', async () => {
    const { stdout } = await run(process.execPath, [CDK, 'deploy', '--help'], { env: environment });

    expect(stdout).toContain('--require-approval');
    // The CDK loads for some seconds on a busy machine.
  });
});
