import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { ShopStack } from './own-stack.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('the example of a stack with relays in docs/deploying.md', () => {
  it('has two relays, and a topic that alarms of the first publish to', () => {
    const app = new App({
      builtinCloudFormationValidation: false,
      context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] },
    });

    const template = Template.fromStack(new ShopStack(app, 'Shop'));

    template.hasOutput('OrdersWebhookBaseAddress', {});
    template.hasOutput('ReturnsWebhookBaseAddress', {});
    const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm'));
    const actions = alarms.map(([id, { Properties }]) => [id, Properties.AlarmActions?.length] as const);
    expect(new Map(actions).get('OrdersWorkFailingAlarm')).toBe(1);
    expect(new Map(actions).get('ReturnsWorkFailingAlarm')).toBeUndefined();
  });

  it('is the compiled file, but for the name of the package', () => {
    const [, code = ''] =
      /<!-- test\/stack\/own-stack\.ts -->\n```ts\n(.*?)```/s.exec(read('../../docs/deploying.md')) ?? [];

    expect(code.replace("'sensaria-relay'", "'../../lib/stack/sensaria-relay.ts'")).toBe(
      read('./own-stack.ts'),
    );
  });
});
