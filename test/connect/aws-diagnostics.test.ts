import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AwsRelay } from '../../lib/connect/aws-relay.ts';
import { awsDiagnostics } from '../../lib/connect/diagnostics/aws-diagnostics.ts';
import { aFreePort, anHttpServer } from '../operator/http-server.ts';

const ENVIRONMENT = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ACCESS_KEY_ID: 'operator',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'eu-central-1',
  AWS_MAX_ATTEMPTS: '1',
};

beforeEach(() => {
  const own = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  for (const name of own) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(ENVIRONMENT)) vi.stubEnv(name, value);
  return () => vi.unstubAllEnvs();
});

/** AWS: the answer to the first request that contains the text. Requests are recorded as `POST /path body`. */
async function aws(answers: Readonly<Record<string, unknown>>): Promise<string[]> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const target = request.headers['x-amz-target'] ?? '';
    const line = `${request.method} ${request.url} ${target} ${await buffer(request)}`;
    requests.push(line);
    const answer = Object.entries(answers).find(([text]) => line.includes(text))?.[1];
    if (answer === undefined) {
      response.writeHead(400).end('{"__type": "NotExpected"}');
      return;
    }
    const isXml = typeof answer === 'string';
    response
      .writeHead(200, { 'content-type': isXml ? 'text/xml' : 'application/json' })
      .end(isXml ? answer : JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${address.port}`);
  return requests;
}

function resource(name: string, type: string, id: string): string {
  return `<member><LogicalResourceId>${name}</LogicalResourceId><ResourceType>${type}</ResourceType>
    <PhysicalResourceId>${id}</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus>
    <LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp></member>`;
}

const RESOURCES = `<ListStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
  <ListStackResourcesResult><StackResourceSummaries>
  ${resource('ShopEventsToFanOut', 'AWS::Lambda::EventSourceMapping', 'uuid-1')}
  ${resource('ShopDeliverFunction', 'AWS::Lambda::Function', 'It-Deliver')}
  ${resource('ShopSweepFunction', 'AWS::Lambda::Function', 'It-Sweep')}
  ${resource('ShopSilenceAlarm', 'AWS::CloudWatch::Alarm', 'It-Silence')}
  ${resource('OtherEventsToFanOut', 'AWS::Lambda::EventSourceMapping', 'uuid-2')}
  </StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`;

const RELAY = {
  title: 'the stack It',
  webhookBaseAddress: 'http://127.0.0.1:1/webhooks/',
  configTableName: 'It-Config',
  eventLogTableName: 'It-EventLog',
  stackPlace: { stackName: 'It', prefix: 'Shop' },
} as AwsRelay;

const NOW = new Date('2026-03-01T10:00:00Z');

function stack() {
  const found = awsDiagnostics(RELAY, () => NOW).stack;
  if (found === undefined) throw new Error('a stack has diagnostics of a stack');
  return found;
}

describe('the diagnostics of a stack', () => {
  it('read the account’s concurrency', async () => {
    await aws({
      'account-settings': {
        AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 },
      },
    });

    expect(await stack().concurrency()).toEqual({ limit: 1000, unreserved: 900 });
  });

  it('read the mappings of this relay, and not those of another in the same stack', async () => {
    const requests = await aws({
      ListStackResources: RESOURCES,
      'event-source-mappings/uuid-1': { State: 'Enabled', ScalingConfig: { MaximumConcurrency: 4 } },
    });

    expect(await stack().mappings()).toEqual([
      { name: 'EventsToFanOut', state: 'Enabled', maximumConcurrency: 4 },
    ]);
    expect(requests.join()).not.toContain('uuid-2');
  });

  it('read what protects the tables', async () => {
    await aws({
      DescribeTable: { Table: { TableStatus: 'ACTIVE', DeletionProtectionEnabled: true } },
      DescribeTimeToLive: {
        TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' },
      },
      DescribeContinuousBackups: {
        ContinuousBackupsDescription: {
          ContinuousBackupsStatus: 'ENABLED',
          PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' },
        },
      },
    });

    expect(await stack().tables()).toMatchObject([
      { name: 'It-Config', status: 'ACTIVE', isProtected: true, hasPointInTimeRecovery: false },
      { name: 'It-EventLog', expiresBy: 'expiresAt', mustExpireBy: 'expiresAt' },
    ]);
  });

  it('find that a table does not exist', async () => {
    const server = await anHttpServer({
      status: 400,
      body: '{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}',
    });
    vi.stubEnv('AWS_ENDPOINT_URL', server.url);

    expect(await stack().tables()).toMatchObject([{ status: 'missing' }, { status: 'missing' }]);
  });

  it('allow the networks for endpoints that the functions allow', async () => {
    await aws({
      ListStackResources: RESOURCES,
      'functions/It-Deliver/configuration': { Environment: { Variables: { ALLOWED_CIDRS: '10.0.0.0/8' } } },
    });
    const { faultOfUrl } = awsDiagnostics(RELAY);

    expect(await faultOfUrl('http://10.1.2.3:8080/hooks')).toBeUndefined();
    expect(await faultOfUrl('https://192.168.0.1/')).toBe('its address is not public');
    expect(await faultOfUrl('https://1.1.1.1:9999/')).toBe('only the ports 443 and 8443 are allowed');
  });

  it('read when sweep ran', async () => {
    const requests = await aws({
      ListStackResources: RESOURCES,
      GetMetricData: {
        MetricDataResults: [
          { Id: 'runs', Timestamps: [NOW.getTime() / 1000 - 60, NOW.getTime() / 1000 - 120], Values: [1, 1] },
          { Id: 'failures', Timestamps: [NOW.getTime() / 1000 - 60], Values: [1] },
        ],
      },
    });

    expect(await stack().sweepRuns()).toEqual({
      lastRunAt: new Date('2026-03-01T09:59:00Z'),
      runs: 2,
      failures: 1,
    });
    expect(requests.at(-1)).toContain('It-Sweep');
  });

  it('read the alarms, and the topics that they notify', async () => {
    await aws({
      ListStackResources: RESOURCES,
      DescribeAlarms: {
        MetricAlarms: [
          {
            AlarmName: 'It-Silence',
            StateValue: 'ALARM',
            AlarmDescription: 'No webhook',
            ActionsEnabled: true,
            AlarmActions: ['arn:aws:sns:x:1:t', 'arn:aws:lambda:x:1:function:f'],
          },
        ],
      },
    });

    expect(await stack().alarms()).toEqual([
      { name: 'SilenceAlarm', isRinging: true, description: 'No webhook', topicArns: ['arn:aws:sns:x:1:t'] },
    ]);
  });

  it('count who receives a topic’s messages', async () => {
    await aws({
      ListSubscriptionsByTopic: `<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
        <ListSubscriptionsByTopicResult><Subscriptions>
          <member><SubscriptionArn>arn:aws:sns:x:1:t:s</SubscriptionArn></member>
          <member><SubscriptionArn>PendingConfirmation</SubscriptionArn></member>
          <member><SubscriptionArn>Deleted</SubscriptionArn></member>
        </Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`,
    });

    expect(await stack().receiversOf('arn:aws:sns:x:1:t')).toEqual({ confirmed: 1, unconfirmed: 1 });
  });
});

describe('the diagnostics of a relay’s network', () => {
  const { faultOfUrl } = awsDiagnostics({
    ...RELAY,
    stackPlace: undefined,
  } as unknown as AwsRelay);

  it('ask the address with a token that no source has', async () => {
    const server = await anHttpServer({ status: 404, headers: { date: 'Sun, 01 Mar 2026 10:00:00 GMT' } });
    const relay = { ...RELAY, webhookBaseAddress: `${server.url}/webhooks/` };

    expect(await awsDiagnostics(relay).askAddress()).toEqual({ status: 404, date: NOW });
    expect(server.requests).toMatchObject([{ method: 'POST', url: '/webhooks/doctor' }]);
  });

  it('say why there is no answer', async () => {
    const relay = { ...RELAY, webhookBaseAddress: `http://127.0.0.1:${await aFreePort()}/webhooks/` };

    await expect(awsDiagnostics(relay).askAddress()).rejects.toThrow('ECONNREFUSED');
  });

  it('say that a host does not exist', async () => {
    expect(await faultOfUrl('https://erp.invalid/hooks')).toMatch(/^its host cannot be found \(E/);
  });

  it('allow a relay on this machine to send to it', async () => {
    expect(await faultOfUrl('http://localhost:9000/')).toBeUndefined();
  });
});
