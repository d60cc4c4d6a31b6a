import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };

const run = promisify(execFile);
const { PATH, NODE_COMPILE_CACHE } = process.env;
const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/** An app of somebody else, as docs/deploying.md has it. */
const APP = `
import { App, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SensariaRelay } from 'sensaria-relay';

const app = new App();
const stack = new Stack(app, 'Shop');
const topic = new Topic(stack, 'Alarms');
const orders = new SensariaRelay(stack, 'Orders', { retentionDays: 60, alarmTopicArn: topic.topicArn });
new SensariaRelay(stack, 'Samples', { removalPolicy: 'destroy' });
orders.configTable.tableArn satisfies string;
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sensaria-relay-package-'));
  await installPackage();
  await writeFile(join(folder, 'app.ts'), APP);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Puts into the app's node_modules the files that `npm pack` puts into the package, and links to all other packages. */
async function installPackage(): Promise<void> {
  const modules = join(folder, 'node_modules');
  const own = join(modules, packageJson.name);
  await mkdir(own, { recursive: true });
  await run(process.execPath, [
    join(REPOSITORY, 'node_modules/typescript/bin/tsc'),
    ...['-p', join(REPOSITORY, 'tsconfig.build.json'), '--outDir', join(own, 'dist')],
  ]);
  for (const name of ['lib', 'lambdas', 'package.json'])
    await symlink(join(REPOSITORY, name), join(own, name));
  for (const name of await readdir(join(REPOSITORY, 'node_modules')))
    await symlink(join(REPOSITORY, 'node_modules', name), join(modules, name));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
}

describe.concurrent('the package', () => {
  it('is made of the compiled construct, and the sources that it bundles', () => {
    expect(packageJson.files).toEqual(['dist', 'lib', 'lambdas']);
    expect(packageJson.scripts.prepack).toBe('tsc -p tsconfig.build.json');
    expect(Object.keys(packageJson.peerDependencies)).toEqual(['aws-cdk-lib', 'constructs']);
  });

  it('has types that an app compiles with', async () => {
    const options = ['--noEmit', '--strict', '--module', 'NodeNext', '--target', 'ES2024', '--types', ''];

    await run(
      process.execPath,
      [join(REPOSITORY, 'node_modules/typescript/bin/tsc'), ...options, '--skipLibCheck', 'app.ts'],
      { cwd: folder },
    );
  });

  it('deploys two relays in an app beside other resources, each function bundled and able to start', async () => {
    const outdir = join(folder, 'cdk.out');
    await run(process.execPath, ['app.ts'], {
      cwd: folder,
      // The test of the CDK app runs the CDK's validation, which takes most of a synthesis.
      env: { PATH, NODE_COMPILE_CACHE, CDK_OUTDIR: outdir, CDK_VALIDATION: 'false' },
    });

    const { Resources } = templateSchema.parse(
      JSON.parse(await readFile(join(outdir, 'Shop.template.json'), 'utf8')),
    );
    const functions = Object.entries(Resources)
      .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
      .map(([id, { Properties }]) => ({ id, ...functionSchema.parse(Properties) }));
    expect(functions.map(({ id }) => id).sort()).toEqual(
      ['Orders', 'Samples']
        .flatMap((relay) => ['Deliver', 'FanOut', 'Ingest', 'Sweep'].map((name) => `${relay}${name}Function`))
        .sort(),
    );

    const bundled = (await readdir(outdir)).filter((name) => name.startsWith('asset.'));
    expect(bundled).toHaveLength(4);
    const started = await Promise.all(
      bundled.map((asset) => {
        const variables = functions.find(({ Code }) => asset === assetOf(Code))?.Environment.Variables ?? {};
        return typeOfHandler(join(outdir, asset, 'index.mjs'), Object.keys(variables));
      }),
    );
    expect(started).toEqual(['function', 'function', 'function', 'function']);
  });
});

const templateSchema = z.object({
  Resources: z.record(z.string(), z.looseObject({ Type: z.string() })),
});
const functionSchema = z.object({
  Code: z.object({ S3Key: z.string() }),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});

/** The folder of the assembly with the code of a function. */
function assetOf({ S3Key }: z.output<typeof functionSchema>['Code']): string {
  return `asset.${S3Key.replace(/\.zip$/, '')}`;
}

/** Loads a bundle in a process of its own, with no more in the environment than Lambda and the template put there. */
async function typeOfHandler(bundle: string, variables: readonly string[]): Promise<string> {
  const ofTheTemplate = Object.fromEntries(variables.map((name) => [name, valueFor(name)]));
  const script = `const { handler } = await import(${JSON.stringify(bundle)}); console.log(typeof handler);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    env: { AWS_REGION: 'eu-west-1', ...ofTheTemplate },
  });
  return stdout.trim();
}

function valueFor(variable: string): string {
  if (/_(DAYS|HOURS)$/.test(variable)) return '30';
  return variable.endsWith('_URL') ? 'https://sqs.eu-west-1.amazonaws.com/123456789012/queue' : 'a-name';
}
