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

  it('deploys two relays in an app beside other resources, their functions bundled', async () => {
    await run(process.execPath, ['app.ts'], {
      cwd: folder,
      // The test of the CDK app runs the CDK's validation, which takes most of a synthesis.
      env: { PATH, NODE_COMPILE_CACHE, CDK_OUTDIR: join(folder, 'cdk.out'), CDK_VALIDATION: 'false' },
    });

    const template = z
      .object({ Resources: z.record(z.string(), z.looseObject({ Type: z.string() })) })
      .parse(JSON.parse(await readFile(join(folder, 'cdk.out/Shop.template.json'), 'utf8')));
    const functions = Object.entries(template.Resources).filter(
      ([, { Type }]) => Type === 'AWS::Lambda::Function',
    );
    expect(functions.map(([id]) => id).sort()).toEqual(
      ['Orders', 'Samples']
        .flatMap((relay) => ['Deliver', 'FanOut', 'Ingest', 'Sweep'].map((name) => `${relay}${name}Function`))
        .sort(),
    );
    const bundled = (await readdir(join(folder, 'cdk.out'))).filter((name) => name.startsWith('asset.'));
    expect(bundled).toHaveLength(4);
  });
});
