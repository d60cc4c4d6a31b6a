/** Synthesizes the stack's template without the CDK CLI, for the emulator and the tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readConfig } from './config.ts';
import { RelayStack } from './relay-stack.ts';

/**
 * Synthesizes the same template as `cdk synth`, without its two slow steps: it does not bundle the functions (the
 * metadata names each handler's source file), and does not validate the template against CloudFormation's rules.
 *
 * @param context like the CLI's `-c`; it overrides the context in cdk.json
 * @throws {ConfigurationError} when a key of the context is unknown or wrong
 */
export function synthesizeTemplate(context: Readonly<Record<string, unknown>> = {}): { template: object } {
  const outdir = mkdtempSync(join(tmpdir(), 'sensaria-relay-synth-'));
  try {
    const app = new App({
      outdir,
      analyticsReporting: false,
      builtinCloudFormationValidation: false,
      context: {
        ...cdkJson.context,
        ...context,
        'aws:cdk:bundling-stacks': [],
      },
    });
    const stack = new RelayStack(app, readConfig(app.node.getAllContext()));
    return { template: app.synth().getStackArtifact(stack.artifactId).template };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Settings that name resources of an AWS account. The emulator has its own tables and address. */
const OF_AN_ACCOUNT = {
  configTable: '',
  eventLogTable: '',
  domainName: '',
  certificateArn: '',
  hostedZoneId: '',
};

/** The template for this machine: that of the deployment, without its domain and with new tables. */
export function synthesizeLocalTemplate(context: Readonly<Record<string, unknown>> = {}): {
  template: object;
} {
  return synthesizeTemplate({ ...context, ...OF_AN_ACCOUNT });
}
