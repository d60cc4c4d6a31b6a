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
/** Bundling takes seconds. The test of the package bundles the functions. */
const WITHOUT_BUNDLING = { 'aws:cdk:bundling-stacks': [] };

let outdir: string;
beforeEach(async () => {
  outdir = await mkdtemp(join(tmpdir(), 'sensaria-relay-app-'));
});
afterEach(() => rm(outdir, { recursive: true }));

describe('the CDK app', () => {
  it("makes the very template that runs locally, offline, and one that keeps CDK's rules", async () => {
    const settings = { retentionDays: '60', secretsManagerSecrets: 'erp-token,shop/*' };
    await runApp(settings);

    const report = await readFile(join(outdir, 'validation-report.json'), 'utf8');
    expect(JSON.parse(report)).toMatchObject({ pluginReports: [] });
    expect(await templateIn(outdir, 'SensariaRelay')).toEqual(synthesizeTemplate(settings).template);
  });

  it('ends with an error that names the key when the context is wrong', async () => {
    await expect(runApp({ fanOutConcurrency: '1' })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^- fanOutConcurrency: given "1"; allowed is a whole number from 2 to 1000$/m,
      ),
    });
  });
});

/** Runs the app as the CLI does, which hands over the context of cdk.json, of `-c`, and its own. */
function runApp(context: Readonly<Record<string, unknown>>) {
  const ofTheCli = { '@aws-cdk/core:failSynthOnValidationErrors': false };
  return run(process.execPath, ['bin/app.ts'], {
    env: {
      ...ENVIRONMENT,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...cdkJson.context, ...ofTheCli, ...WITHOUT_BUNDLING, ...context }),
    },
  });
}

async function templateIn(folder: string, stackName: string) {
  return z
    .looseObject({ Resources: z.record(z.string(), z.looseObject({ Type: z.string() })) })
    .parse(JSON.parse(await readFile(join(folder, `${stackName}.template.json`), 'utf8')));
}
