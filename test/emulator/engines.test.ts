import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DynamoDbEngine } from '../../lib/emulator/engines/dynamodb.ts';
import { type Engines, type EnginesOptions, startEngines } from '../../lib/emulator/engines/engines.ts';
import { DYNAMODB_ENGINES } from '../ports/embedded.ts';
import { aQueue, aTable, aTemplate } from './a-template.ts';

const TEMPLATE = aTemplate({
  resources: { Things: aTable(), Queue: aQueue({ FifoQueue: true, VisibilityTimeout: 600 }) },
  outputs: { QueueUrl: { Ref: 'Queue' } },
});

let dataDir: string;
let running: Engines[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sensaria-engines-'));
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((engines) => engines.stop()));
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(options: Partial<EnginesOptions> = {}) {
  const engines = await startEngines({ template: TEMPLATE, ...options });
  running.push(engines);
  const sqs = new SQSClient(engines.sqsConfig);
  const QueueUrl = engines.resources.outputs.QueueUrl;
  return {
    dynamoDb: new DynamoDBClient(engines.dynamoDbConfig),
    send: (body: string) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: body,
          MessageGroupId: 'one',
          MessageDeduplicationId: body,
        }),
      ),
    async receive(): Promise<Message | undefined> {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] }),
      );
      return Messages[0];
    },
    remove: ({ ReceiptHandle }: Message) => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })),
    giveBack: ({ ReceiptHandle }: Message) =>
      sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })),
    async attribute(name: 'VisibilityTimeout') {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }),
      );
      return Attributes?.[name];
    },
    async stop() {
      running.splice(running.indexOf(engines), 1);
      await engines.stop();
    },
    engines,
  };
}

/** Without this file, the engine cannot read its data. */
const DATABASE_FILES: Record<DynamoDbEngine, string> = {
  dynalite: 'dynamodb/CURRENT',
  dynoxide: 'dynamodb.sqlite',
};

describe.each(DYNAMODB_ENGINES)('the embedded engines with %s', (dynamoDbEngine) => {
  it('create the tables and queues of the template', async () => {
    const { dynamoDb, send, receive } = await start({ dynamoDbEngine });

    await dynamoDb.send(new PutItemCommand({ TableName: 'Things', Item: { id: { S: 'a' } } }));
    await send('hello');

    const { Item } = await dynamoDb.send(
      new GetItemCommand({ TableName: 'Things', Key: { id: { S: 'a' } } }),
    );
    expect(Item).toEqual({ id: { S: 'a' } });
    expect(await receive()).toMatchObject({ Body: 'hello', Attributes: { MessageGroupId: 'one' } });
  });

  it('keep what is in the data folder when they are started again', async () => {
    const first = await start({ dataDir, dynamoDbEngine });
    await first.dynamoDb.send(new PutItemCommand({ TableName: 'Things', Item: { id: { S: 'a' } } }));
    await first.send('hello');
    await first.stop();

    const second = await start({ dataDir, dynamoDbEngine });

    const { Count } = await second.dynamoDb.send(new ScanCommand({ TableName: 'Things' }));
    expect(Count).toBe(1);
    expect(await second.receive()).toMatchObject({ Body: 'hello' });
  });

  it('lose nothing that they acknowledged when the process is killed', async () => {
    const acknowledged = await killAfter(60, dynamoDbEngine);

    const { dynamoDb, receive, remove } = await start({ dataDir, dynamoDbEngine });

    const { Items = [] } = await dynamoDb.send(new ScanCommand({ TableName: 'Things' }));
    const rows = new Set(Items.map((item) => `row ${item.id?.S}`));
    const messages: string[] = [];
    for (let message = await receive(); message !== undefined; message = await receive()) {
      messages.push(`message ${message.Body}`);
      await remove(message);
    }
    expect(acknowledged.filter((what) => !rows.has(what) && !messages.includes(what))).toEqual([]);
    // The first had been received by the process that was killed, whose visibility timeout is not waited for.
    expect(messages[0]).toBe('message 0');
  });

  it('say that their files are damaged, and where', async () => {
    const first = await start({ dataDir, dynamoDbEngine });
    await first.stop();
    rmSync(join(dataDir, 'dynamodb.sqlite-wal'), { force: true });
    writeFileSync(join(dataDir, DATABASE_FILES[dynamoDbEngine]), 'no database\n'.repeat(1_000));

    await expect(start({ dataDir, dynamoDbEngine })).rejects.toThrow(`The data in ${dataDir} is damaged.`);
  });

  it('refuse a data folder whose table has other keys', async () => {
    const first = await start({ dataDir, dynamoDbEngine });
    await first.stop();
    const changed = aTable({
      AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    });

    const second = start({
      dataDir,
      dynamoDbEngine,
      template: aTemplate({ resources: { Things: changed } }),
    });

    await expect(second).rejects.toThrow(/The table Things in the data folder has other keys or indexes/);
  });

  it('survive a client that goes away in the middle of a request', async () => {
    const { engines, dynamoDb, send } = await start({ dynamoDbEngine });

    for (const endpoint of [engines.dynamoDbEndpoint, engines.sqsEndpoint]) {
      const socket = connect(Number(new URL(endpoint).port), new URL(endpoint).hostname);
      await once(socket, 'connect');
      socket.write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nhalf of it');
      socket.resetAndDestroy();
      await once(socket, 'close');
    }

    await dynamoDb.send(new PutItemCommand({ TableName: 'Things', Item: { id: { S: 'a' } } }));
    await send('hello');
  });

  it('refuse a data folder whose tables another engine wrote', async () => {
    const first = await start({ dataDir, dynamoDbEngine });
    await first.stop();
    const other = dynamoDbEngine === 'dynalite' ? 'dynoxide' : 'dynalite';

    const second = start({ dataDir, dynamoDbEngine: other });

    await expect(second).rejects.toThrow(`were written by ${dynamoDbEngine}, and ${other} cannot read them`);
  });

  it('use the engine whose data is in the folder, unless told otherwise', async () => {
    const first = await start({ dataDir, dynamoDbEngine });
    await first.dynamoDb.send(new PutItemCommand({ TableName: 'Things', Item: { id: { S: 'a' } } }));
    await first.stop();

    const second = await start({ dataDir });

    const { Count } = await second.dynamoDb.send(new ScanCommand({ TableName: 'Things' }));
    expect(Count).toBe(1);
  });
});

describe.skipIf(!DYNAMODB_ENGINES.includes('dynoxide'))('dynoxide, which answers web pages', () => {
  it('has another address of the loopback each time, which no page can guess', async () => {
    const all = await Promise.all([1, 2].map(() => start({ dynamoDbEngine: 'dynoxide' })));

    const addresses = all.map(({ engines }) => new URL(engines.dynamoDbEndpoint));
    expect(new Set(addresses.map(({ hostname }) => hostname)).size).toBe(2);
    for (const { hostname, port } of addresses) {
      expect(hostname).toMatch(/^127(\.\d+){3}$/);
      await expect(once(connect(Number(port), '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
    }
  });
});

describe('the embedded engines', () => {
  it('start after a kill in the middle of their first start, which leaves an empty file', async () => {
    mkdirSync(join(dataDir, 'sqs'));
    writeFileSync(join(dataDir, 'sqs', 'fauxqs.db'), '');

    const { send, receive } = await start({ dataDir });

    await send('hello');
    expect(await receive()).toMatchObject({ Body: 'hello' });
  });

  it('hand a message that is given back at once to the next who asks', async () => {
    const { send, receive, giveBack } = await start({ dataDir });
    await send('hello');
    const first = await receive();
    expect(first).toBeDefined();

    if (first) await giveBack(first);

    expect(await receive()).toMatchObject({ Body: 'hello', Attributes: { ApproximateReceiveCount: '2' } });
  });

  it('give a queue what has changed of its attributes', async () => {
    const first = await start({ dataDir });
    await first.stop();
    const changed = aQueue({ FifoQueue: true, VisibilityTimeout: 30 });

    const second = await start({
      dataDir,
      template: { ...TEMPLATE, Resources: { ...TEMPLATE.Resources, Queue: changed } },
    });

    expect(await second.attribute('VisibilityTimeout')).toBe('30');
  });

  it('refuse a data folder that is in use', async () => {
    await start({ dataDir });

    await expect(start({ dataDir })).rejects.toThrow(/is in use by another relay/);
  });

  it('refuse what a web page sends', async () => {
    const { engines } = await start({ dynamoDbEngine: 'dynalite' });
    const request = { method: 'POST', headers: { origin: 'https://example.com' } };

    const answers = await Promise.all(
      [engines.dynamoDbEndpoint, engines.sqsEndpoint].map((endpoint) => fetch(endpoint, request)),
    );

    expect(answers.map(({ status }) => status)).toEqual([403, 403]);
  });

  it('listen on the loopback alone', async () => {
    const { engines } = await start();
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');

    for (const { address } of outside) {
      for (const endpoint of [engines.dynamoDbEndpoint, engines.sqsEndpoint]) {
        const socket = connect(Number(new URL(endpoint).port), address);
        await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED');
      }
    }
  });
});

async function killAfter(count: number, dynamoDbEngine: DynamoDbEngine): Promise<string[]> {
  const file = fileURLToPath(new URL('./fixtures/engines-until-killed.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [file, JSON.stringify({ dataDir, dynamoDbEngine, template: TEMPLATE })],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === count) child.kill('SIGKILL');
  }
  return acknowledged;
}
