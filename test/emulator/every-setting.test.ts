import { describe, expect, it } from 'vitest';
import { readTemplate } from '../../lib/emulator/template/read-template.ts';
import { synthesizeLocalTemplate } from '../../lib/stack/synthesize-template.ts';

/** Settings that add resources or properties to the template. A deployer may have them in cdk.json. */
const SETTINGS: readonly Readonly<Record<string, unknown>>[] = [
  { tracing: true },
  { configTable: 'OldConfig', eventLogTable: 'OldEvents' },
  {
    domainName: 'webhooks.example.com',
    certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0a1b',
    hostedZoneId: 'Z0123456789ABC',
  },
  { subnetIds: 'subnet-0a1b2c3d', securityGroupIds: 'sg-0a1b2c3d' },
  { encryptionKey: 'customer' },
  { alarmEmail: 'you@example.com', silenceHours: 24 },
  { removalPolicy: 'destroy' },
];

describe('the emulator', () => {
  it.each(SETTINGS)('runs the template of a deployment with %j', (settings) => {
    const { functions, tables } = readTemplate(synthesizeLocalTemplate(settings).template);

    expect([functions.length, tables.length]).toEqual([4, 2]);
  });
});
