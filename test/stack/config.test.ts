import { describe, expect, it } from 'vitest';
import { ConfigurationError, misspeltKeys, readConfig } from '../../lib/stack/config.ts';

describe('the configuration of the stack', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toEqual({
      stackName: 'SensariaRelay',
      retentionDays: 30,
      payloadRetentionDays: 30,
      ingestMemoryMb: 512,
      fanOutMemoryMb: 512,
      deliverMemoryMb: 512,
      sweepMemoryMb: 256,
      fanOutConcurrency: 4,
      deliverConcurrency: 2,
      throttleRatePerSecond: 100,
      throttleBurst: 500,
      logRetentionDays: 30,
      allowedCidrs: '',
      domainName: '',
      certificateArn: '',
      hostedZoneId: '',
      subnetIds: '',
      securityGroupIds: '',
      configTable: '',
      eventLogTable: '',
      secretParameters: '/SensariaRelay/*',
      secretsManagerSecrets: '',
      encryptionKey: 'aws',
      alarmEmail: '',
      alarmTopicArn: '',
      silenceHours: 0,
      tracing: false,
      removalPolicy: 'retain',
    });
  });

  it('takes numbers as the text that the CLI hands over', () => {
    expect(readConfig({ retentionDays: '60', logRetentionDays: '7', throttleBurst: '1000' })).toMatchObject({
      retentionDays: 60,
      logRetentionDays: 7,
      throttleBurst: 1000,
    });
  });

  it('takes numbers as cdk.json may hold them', () => {
    expect(readConfig({ fanOutConcurrency: 8 })).toMatchObject({ fanOutConcurrency: 8 });
  });

  it("lets CDK's own keys through", () => {
    const context = {
      '@aws-cdk/core:checkSecretUsage': true,
      'aws:cdk:enable-path-metadata': true,
      'availability-zones:account=1:region=eu-west-1': ['eu-west-1a'],
    };

    expect(readConfig(context)).toEqual(readConfig({}));
  });

  it.each([
    ['retentionDay', 'retentionDays'],
    ['RetentionDays', 'retentionDays'],
    ['retention-days', 'retentionDays'],
    ['alarmEMail', 'alarmEmail'],
    ['stackname', 'stackName'],
    ['domian', undefined],
    ['account', undefined],
    ['vpc', undefined],
    ['@aws-cdk/core:checkSecretUsage', undefined],
    ['retentionDays', undefined],
  ])('takes no key of others for its own, and warns of one that is misspelt: %s', (key, meant) => {
    expect(readConfig(key === 'retentionDays' ? {} : { [key]: 'anything' })).toEqual(readConfig({}));
    expect(misspeltKeys({ [key]: '30' })).toEqual(
      meant === undefined ? [] : [`The context has no setting ${key}, which is ignored. Is ${meant} meant?`],
    );
  });

  it('names a wrong value, what was given and what is allowed', () => {
    expect(problemsOf({ retentionDays: '6' })).toEqual([
      '- retentionDays: given "6"; allowed is a whole number from 7 to 3650',
    ]);
  });

  it('names all that is wrong at once', () => {
    expect(problemsOf({ stackName: '1st', removalPolicy: 'keep' })).toEqual([
      '- stackName: given "1st"; allowed is a letter, then at most 127 letters, digits and hyphens',
      '- removalPolicy: given "keep"; allowed is retain or destroy',
    ]);
  });

  it.each(['', ' 30', '1e2', '30.5', '-30', '0x20', 'thirty', '30 days', true, null, [30], 30.5, Number.NaN])(
    'does not take %j for a whole number',
    (value) => {
      expect(problemsOf({ retentionDays: value })).toHaveLength(1);
    },
  );

  it.each([
    ['retentionDays', 7, 3_650],
    ['ingestMemoryMb', 128, 10_240],
    ['fanOutMemoryMb', 128, 10_240],
    ['deliverMemoryMb', 128, 10_240],
    ['sweepMemoryMb', 128, 10_240],
    ['fanOutConcurrency', 2, 1_000],
    ['deliverConcurrency', 2, 1_000],
    ['throttleRatePerSecond', 1, 10_000],
    ['throttleBurst', 1, 5_000],
  ])('takes %s from %d to %d and nothing beyond', (key, min, max) => {
    expect(readConfig({ [key]: min })).toMatchObject({ [key]: min });
    expect(readConfig({ [key]: max })).toMatchObject({ [key]: max });
    expect(problemsOf({ [key]: min - 1 })).toHaveLength(1);
    expect(problemsOf({ [key]: max + 1 })).toHaveLength(1);
  });

  it('lets secrets be read under the stack’s own name, unless others are named, or none', () => {
    const readable = (context: object) => readConfig({ ...context }).secretParameters;

    expect(readable({ stackName: 'ShopRelay' })).toBe('/ShopRelay/*');
    expect(readable({ secretParameters: '/erp/token,/shop/*' })).toBe('/erp/token,/shop/*');
    expect(readable({ secretParameters: '' })).toBe('');
  });

  it.each([
    ['secretParameters', 'erp/token'],
    ['secretParameters', '*'],
    ['secretParameters', '/*'],
    ['secretParameters', '/a*b'],
    ['secretParameters', '/a,,/b'],
    ['secretParameters', '/a, /b'],
    ['secretsManagerSecrets', '*'],
    ['secretsManagerSecrets', 'a*b'],
    ['secretsManagerSecrets', 'arn:aws:secretsmanager:us-east-1:1:secret:a'],
  ])('does not take for %s what would open more than a name or the beginning of one: %s', (key, value) => {
    expect(problemsOf({ [key]: value })).toHaveLength(1);
  });

  it('accepts complete blocks alone, and names the network of the others', () => {
    const given = '10.0.0.0/8,fd00::/8';
    expect(readConfig({ allowedCidrs: given }).allowedCidrs).toBe(given);
    expect(problemsOf({ allowedCidrs: '10.0.0.0/8,172.16/12,10.1.2.3/8' })).toEqual([
      '- allowedCidrs: 172.16/12 has not all four octets: write 172.16.0.0/12',
      '- allowedCidrs: 10.1.2.3/8 has bits set after its prefix: the network is 10.0.0.0/8',
    ]);
    expect(problemsOf({ allowedCidrs: '10.0.0.0/8, fd00::/8' })).toHaveLength(1);
    expect(problemsOf({ allowedCidrs: '10.0.0.0/8,' })).toHaveLength(1);
  });

  it.each([
    [{ domainName: 'hooks.example.com' }, '- certificateArn: is missing, and domainName needs it'],
    [{ hostedZoneId: 'Z0123456789ABC' }, '- domainName: is missing, and hostedZoneId needs it'],
    [{ subnetIds: 'subnet-0a1b2c3d' }, '- securityGroupIds: is missing, and subnetIds needs it'],
    [{ securityGroupIds: 'sg-0a1b2c3d' }, '- subnetIds: is missing, and securityGroupIds needs it'],
  ])('names the setting that another one needs: %o', (context, problem) => {
    expect(problemsOf(context)).toEqual([problem]);
  });

  it.each([
    ['domainName', 'https://hooks.example.com'],
    ['domainName', 'Hooks.example.com'],
    ['domainName', 'localhost'],
    ['certificateArn', 'arn:aws:iam::123456789012:server-certificate/a'],
    ['hostedZoneId', '/hostedzone/Z1'],
    ['subnetIds', 'subnet-1'],
    ['securityGroupIds', 'sg-0a1b2c3d, sg-0a1b2c3e'],
    ['eventLogTable', 'arn:aws:dynamodb:eu-west-1:123456789012:table/Events'],
  ])('refuses for %s: %s', (key, value) => {
    expect(problemsOf({ [key]: value })[0]).toContain(`- ${key}: given ${JSON.stringify(value)}; allowed is`);
  });

  it.each([2, 31, 9999])('refuses to keep logs for %d days, as CloudWatch would', (days) => {
    expect(problemsOf({ logRetentionDays: days })).toEqual([
      expect.stringContaining(`- logRetentionDays: given ${days}; allowed is one of 1, 3, 5, 7, 14, 30, 60,`),
    ]);
  });
});

/** The lines of the error but for its heading. */
function problemsOf(context: Readonly<Record<string, unknown>>): string[] {
  try {
    readConfig(context);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n').slice(1);
    throw error;
  }
  throw new Error('the context was taken');
}
