import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cli, itemsOf, jsonOf } from './cli.ts';
import { aDiscoveryResponse } from './discovery-response.ts';
import { aFreePort, anHttpServer } from './http-server.ts';
import { useTablesOnlyRelay, WEBHOOKS } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();

const QUEUES = 'https://sqs.eu-central-1.amazonaws.com/123456789012';
const QUEUE_URLS = {
  EventsQueueUrl: `${QUEUES}/events.fifo`,
  EventsDeadLetterQueueUrl: `${QUEUES}/events-dead.fifo`,
  DeliveriesQueueUrl: `${QUEUES}/deliveries`,
  DeliveriesDeadLetterQueueUrl: `${QUEUES}/deliveries-dead`,
};

describe('a command on the local relay', () => {
  it('takes the port before and after its name', async () => {
    const { port } = relay();

    expect(itemsOf(await cli(['--port', port, '--json', 'sources', 'list']))).toEqual([]);
    expect(itemsOf(await cli(['sources', '--port', port, 'list', '--json']))).toEqual([]);
    expect(itemsOf(await cli(['sources', 'list', `--port=${port}`, '--json']))).toEqual([]);
  });

  it('says that no relay is running, and how to start one', async () => {
    const port = await aFreePort();

    const { exitCode, out, err } = await cli(['endpoints', 'list', '--port', port]);

    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toMatch(
      `error: no relay is running on port ${port} of this machine\nStart one with \`npm start\``,
    );
  });

  it.each([
    ['another program', { status: 404, body: 'Not Found' }],
    ['a page', { body: '<html>' }],
    ['other JSON', { body: '{"WebhookBaseAddress": 7}' }],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1/' } }],
  ])('says that what answers is not a relay: %s', async (_, answer) => {
    const { port } = await anHttpServer(answer);

    const { exitCode, out, err } = await cli(['endpoints', 'list', '--port', port]);

    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain(`error: the server on port ${port} is not a relay`);
  });

  it('says that the tables cannot be reached after the relay stopped', async () => {
    const engines = `http://127.0.0.1:${await aFreePort()}`;
    const { port } = await anHttpServer({ body: aDiscoveryResponse(engines) });

    const { exitCode, out, err } = await cli(['endpoints', 'list', '--port', port]);

    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain(`cannot be reached: ECONNREFUSED (${new URL(engines).host})`);
  });

  it.each([
    [['--port', 'http'], '--port must be a number'],
    [['--port', '0'], '--port must be at least 1'],
    [['--port', '70000'], '--port must be at most 65535'],
    [['--stack', 'no stack'], '--stack must be the name of a CloudFormation stack'],
    [
      ['--port', '1', '--stack', 'Relay'],
      "option '--port <number>' cannot be used with option '--stack <name>'",
    ],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { exitCode, out, err } = await cli(['endpoints', 'list', ...args]);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });
});

describe('a command on a deployed stack', () => {
  /** An operator's environment without this machine's configuration. */
  beforeEach(() => {
    const own = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
    const environment = {
      ...Object.fromEntries(own.map((name) => [name, undefined])),
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'operator',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL_DYNAMODB: relay().dynamoDbEndpoint,
    };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    return () => vi.unstubAllEnvs();
  });

  /** CloudFormation's response as XML. */
  async function cloudFormation(answer: { status?: number; body: string }) {
    const server = await anHttpServer({ ...answer, headers: { 'content-type': 'text/xml' } });
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', server.url);
    return server;
  }

  it('works on the tables that the stack’s outputs name', async () => {
    const { requests } = await cloudFormation({
      body: stackXml({
        WebhookBaseAddress: 'https://deployed.example/webhooks/',
        ConfigTableName: 'ConfigTable',
        EventLogTableName: 'EventLogTable',
        ...QUEUE_URLS,
      }),
    });
    const stack = ['--stack', 'SensariaRelay', '--json'];

    const added = jsonOf(await cli(['sources', 'add', 'main', ...stack]));
    const listed = itemsOf(await cli([...stack, 'sources', 'list']));

    expect(added).toEqual({
      id: 'main',
      address: expect.stringMatching(/^https:\/\/deployed\.example\/webhooks\/[\w-]{43}\?orderid=$/),
    });
    expect(listed).toMatchObject([{ id: 'main' }]);
    expect(await relay().config()).toMatchObject([{ kind: 'source', id: 'main' }]);
    expect(requests[0]?.body.toString()).toContain('Action=DescribeStacks');
    expect(requests[0]?.body.toString()).toContain('StackName=SensariaRelay');
    expect(requests[0]?.headers.authorization).toContain('eu-central-1');
  });

  it('finds one of several relays in a stack by the prefix of its outputs, and asks which', async () => {
    const outputs = (prefix: string, address: string) =>
      Object.entries({
        WebhookBaseAddress: address,
        ConfigTableName: 'ConfigTable',
        EventLogTableName: 'EventLogTable',
        ...QUEUE_URLS,
      }).map(([name, value]) => [prefix + name, value]);
    const both = [
      ...outputs('Orders', 'https://one.example/webhooks/'),
      ...outputs('SecondOrders', 'https://two.example/webhooks/'),
    ];
    await cloudFormation({ body: stackXml(Object.fromEntries(both)) });

    const second = await cli(['sources', 'add', 'two', '--stack', 'Shop/SecondOrders', '--json']);
    const unclear = await cli(['sources', 'list', '--stack', 'Shop']);

    expect(jsonOf(second)).toMatchObject({
      address: expect.stringContaining('https://two.example/webhooks/'),
    });
    expect(unclear.exitCode).toBe(1);
    expect(unclear.err).toContain(
      'the stack Shop has several relays: name one of Shop/Orders, Shop/SecondOrders',
    );
  });

  it.each([
    [
      'a stack that does not exist',
      { status: 400, body: errorXml('ValidationError', 'Stack with id SensariaRelay does not exist') },
      'there is no stack SensariaRelay in the region eu-central-1\nAWS_REGION and AWS_PROFILE select',
    ],
    [
      'a stack of something else',
      { body: stackXml({ ConfigTableName: 'ConfigTable' }) },
      'the stack SensariaRelay (CREATE_COMPLETE) is not a relay, or not fully deployed: it has no output WebhookBaseAddress, EventLogTableName',
    ],
    [
      'a missing permission',
      {
        status: 403,
        body: errorXml(
          'AccessDenied',
          'User: arn:aws:iam::1:user/x is not authorized to perform: cloudformation:DescribeStacks on resource: x',
        ),
      },
      'AWS denies access: these credentials lack the permission cloudformation:DescribeStacks',
    ],
    [
      'credentials that have expired',
      {
        status: 403,
        body: errorXml('ExpiredToken', 'The security token included in the request is expired'),
      },
      'the AWS credentials have expired: sign in again',
    ],
    [
      'a table that is gone',
      {
        body: stackXml({
          WebhookBaseAddress: WEBHOOKS,
          ConfigTableName: 'Gone',
          EventLogTableName: 'Gone',
          ...QUEUE_URLS,
        }),
      },
      'a table of the relay does not exist',
    ],
  ])('tells of %s with exit code 1', async (_, answer, message) => {
    await cloudFormation(answer);

    const { exitCode, out, err } = await cli(['endpoints', 'list', '--stack', 'SensariaRelay']);

    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(err).toContain(`error: ${message}`);
  });

  it.each([
    ['region', { AWS_REGION: undefined }, 'there is no AWS region: set AWS_REGION'],
    ['credentials', { AWS_ACCESS_KEY_ID: undefined }, 'there are no AWS credentials: set AWS_PROFILE'],
  ])('says which part of the AWS environment is missing: %s', async (_, environment, message) => {
    await cloudFormation({ body: stackXml({}) });
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);

    const { exitCode, err } = await cli(['endpoints', 'list', '--stack', 'SensariaRelay']);

    expect(exitCode).toBe(1);
    expect(err).toContain(`error: ${message}`);
  });

  it('says that AWS cannot be reached', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${await aFreePort()}`);

    const { exitCode, err } = await cli(['endpoints', 'list', '--stack', 'SensariaRelay']);

    expect(exitCode).toBe(1);
    expect(err).toContain('cannot be reached: ECONNREFUSED');
  });
});

function stackXml(outputs: Readonly<Record<string, string>>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
    <DescribeStacksResult><Stacks><member>
      <StackName>SensariaRelay</StackName>
      <CreationTime>2026-03-01T12:00:00Z</CreationTime>
      <StackStatus>CREATE_COMPLETE</StackStatus>
      <Outputs>${members.join('')}</Outputs>
    </member></Stacks></DescribeStacksResult>
  </DescribeStacksResponse>`;
}

function errorXml(code: string, message: string): string {
  return `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
    <Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>
  </ErrorResponse>`;
}
