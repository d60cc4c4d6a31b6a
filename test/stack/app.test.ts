import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { synthesizeTemplate } from '../../lib/stack/synthesize-template.ts';

const run = promisify(execFile);
const { PATH, NODE_COMPILE_CACHE } = process.env;
const ENVIRONMENT = { PATH, NODE_COMPILE_CACHE };
const WITHOUT_BUNDLING = { 'aws:cdk:bundling-stacks': [] };
/** The validation takes most of a synthesis. One test of this file runs it. */
const WITHOUT_VALIDATION = { CDK_VALIDATION: 'false' };

let outdir: string;
beforeEach(async () => {
  outdir = await mkdtemp(join(tmpdir(), 'sensaria-relay-app-'));
});
afterEach(() => rm(outdir, { recursive: true }));

describe('the CDK app', () => {
  it("makes the very template that runs locally, offline, and one that keeps CDK's rules", async () => {
    const settings = { retentionDays: '60', secretsManagerSecrets: 'erp-token,shop/*' };
    await runApp({ ...WITHOUT_BUNDLING, ...settings });

    const report = await readFile(join(outdir, 'validation-report.json'), 'utf8');
    expect(JSON.parse(report)).toMatchObject({ pluginReports: [] });
    expect(await templateIn(outdir, 'SensariaRelay')).toEqual(synthesizeTemplate(settings).template);
  });

  it('ends with an error that names the key when the context is wrong', async () => {
    await expect(runApp({ ...WITHOUT_BUNDLING, fanOutConcurrency: '1' })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^- fanOutConcurrency: given "1"; allowed is a whole number from 2 to 1000$/m,
      ),
    });
  });

  it('bundles each function into a module that starts with what its environment gives it', async () => {
    await runApp({}, WITHOUT_VALIDATION);

    const template = await templateIn(outdir, 'SensariaRelay');
    const functions = Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) =>
      Type === 'AWS::Lambda::Function' ? [{ id, ...functionSchema.parse(Properties) }] : [],
    );
    const started = await Promise.all(
      functions.map(async ({ id, Code, Environment }) => {
        const bundle = join(outdir, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, 'index.mjs');
        return [id, await typeOfHandler(bundle, Object.keys(Environment.Variables))];
      }),
    );
    expect(Object.fromEntries(started)).toEqual({
      IngestFunction: 'function',
      FanOutFunction: 'function',
      DeliverFunction: 'function',
      SweepFunction: 'function',
    });
  });
});

const functionSchema = z.object({
  Code: z.object({ S3Key: z.string() }),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});

/** Runs the app as the CLI does, which hands over the context of cdk.json, of `-c`, and its own. */
function runApp(
  context: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, string>> = {},
) {
  const ofTheCli = { '@aws-cdk/core:failSynthOnValidationErrors': false };
  return run(process.execPath, ['bin/app.ts'], {
    env: {
      ...ENVIRONMENT,
      ...variables,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...cdkJson.context, ...ofTheCli, ...context }),
    },
  });
}

async function templateIn(folder: string, stackName: string) {
  return z
    .looseObject({ Resources: z.record(z.string(), z.looseObject({ Type: z.string() })) })
    .parse(JSON.parse(await readFile(join(folder, `${stackName}.template.json`), 'utf8')));
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
