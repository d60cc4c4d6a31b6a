/** The stack's template without the CDK CLI, for who wants to read it: the local runner, and the tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readConfig } from './config.ts';
import { RelayStack } from './relay-stack.ts';

/**
 * Synthesizes what `cdk synth` would, without its two slow steps: the functions' code is not bundled (the template names
 * each handler's source in its metadata), and the template is not held against CloudFormation's rules.
 *
 * @param context like the CLI's `-c`, on top of what stands in cdk.json
 * @throws {ConfigurationError} for a context that the stack cannot be built with
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
