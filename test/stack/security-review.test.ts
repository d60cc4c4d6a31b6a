import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readConfig } from '../../lib/stack/config.ts';
import { RelayStack } from '../../lib/stack/relay-stack.ts';

const outdir = mkdtempSync(join(tmpdir(), 'sensaria-relay-review-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const reportSchema = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      violations: z.array(z.unknown()),
      suppressedViolations: z.array(z.object({ ruleName: z.string(), reason: z.string() })),
    }),
  ),
});

describe('the packs AwsSolutions and Serverless of cdk-nag', () => {
  it('find nothing in the stack but what is acknowledged with a reason', () => {
    const secretsManagerSecrets = 'erp-token,shop/*';
    const context = { ...cdkJson.context, 'aws:cdk:bundling-stacks': [], secretsManagerSecrets };
    const app = new App({
      ...{ outdir, analyticsReporting: false, context },
      // The test of the CDK app runs CloudFormation's own rules, on a template with the same secrets.
      builtinCloudFormationValidation: false,
    });
    new RelayStack(app, readConfig(app.node.getAllContext()));
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

    app.synth();

    const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
    const { pluginReports } = reportSchema.parse(report);
    expect(pluginReports.map(({ pluginName }) => pluginName)).toEqual(
      expect.arrayContaining(['AwsSolutions', 'Serverless']),
    );
    expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
    const acknowledged = pluginReports.flatMap(({ suppressedViolations }) => suppressedViolations);
    expect([...new Set(acknowledged.map(({ ruleName }) => ruleName))].toSorted()).toEqual([
      'AwsSolutions-APIG4',
      wildcardIn('secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:shop/*'),
      wildcardIn('ssm:<AWS::Region>:<AWS::AccountId>:parameter/SensariaRelay/*'),
      wildcardIn('ssm:<AWS::Region>:<AWS::AccountId>:parameter/aws/reference/secretsmanager/shop/*'),
      'Serverless-LambdaAsyncFailureDestination',
      'Serverless-LambdaDLQ',
      'Serverless-LambdaEventSourceMappingDestination',
      'Serverless-LambdaTracing',
      'Serverless-SQSRedrivePolicy',
    ]);
    for (const { reason } of acknowledged) expect(reason.length).toBeGreaterThan(40);
  });
});

function wildcardIn(resource: string): string {
  return `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:${resource}]`;
}
