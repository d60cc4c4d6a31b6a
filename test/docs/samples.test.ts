import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toSigningSecret } from '../../lib/relay/endpoint/signing-secret.ts';
import { signatureOf } from '../../lib/relay/sending/signature.ts';

const KEY = randomBytes(32);
const [OLD_KEY, OTHER_KEY] = [randomBytes(24), randomBytes(64)];
const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
const ID = 'evt_01JNA0000000000000000000AA';

const sample = (name: string) => fileURLToPath(new URL(`../../docs/samples/${name}`, import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;

const RUNTIMES: Readonly<Record<string, string>> = {
  'verify.mjs': process.execPath,
  ...(hasPython && { 'verify.py': 'python3' }),
};

/** Starts a sample as its first lines say, on a free port. */
async function start(name: string, runtime: string): Promise<{ url: string; stop: () => void }> {
  const environment = { ...process.env, WEBHOOK_SECRET: toSigningSecret(KEY), PORT: '0' };
  const receiver = spawn(runtime, [sample(name)], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: receiver.stdout })) {
    const [, port] = /^listening on port (\d+)$/.exec(line) ?? [];
    if (port !== undefined)
      return { url: `http://127.0.0.1:${port}/hook?orderid=7`, stop: () => receiver.kill() };
  }
  throw new Error(`${name} did not start`);
}

describe.each(Object.entries(RUNTIMES))('the sample %s', (name, runtime) => {
  let receiver: Awaited<ReturnType<typeof start>> | undefined;
  beforeAll(async () => {
    receiver = await start(name, runtime);
  });
  afterAll(() => receiver?.stop());

  /** The status that it answers to what is signed so. */
  async function answerTo({
    keys = [KEY],
    body = Buffer.from('{}'),
    sentBody = body,
    ageSeconds = 0,
    changed = {},
  }: {
    keys?: readonly Buffer[];
    body?: Buffer;
    sentBody?: Buffer;
    ageSeconds?: number;
    changed?: Record<string, string>;
  } = {}): Promise<number> {
    const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds);
    const response = await fetch(receiver?.url ?? '', {
      method: 'POST',
      headers: {
        'webhook-id': ID,
        'webhook-timestamp': timestamp,
        'webhook-signature': signatureOf(keys, { id: ID, timestamp, body }),
        ...changed,
      },
      body: Uint8Array.from(sentBody),
    });
    await response.text();
    return response.status;
  }

  it.each([
    ['JSON', Buffer.from('{"Id":"7","City":"Zürich 🧵"}')],
    ['nothing', Buffer.alloc(0)],
    ['every byte there is', EVERY_BYTE],
    ['a megabyte', randomBytes(1024 * 1024)],
  ])('takes %s that is signed with its secret', async (_, body) => {
    expect(await answerTo({ body })).toBe(200);
  });

  it('takes what is signed with its secret and another, in either order', async () => {
    expect(await answerTo({ keys: [KEY, OLD_KEY] })).toBe(200);
    expect(await answerTo({ keys: [OLD_KEY, KEY] })).toBe(200);
  });

  it('refuses what is signed with others alone', async () => {
    expect(await answerTo({ keys: [OLD_KEY, OTHER_KEY] })).toBe(401);
  });

  it.each([
    ['another body', { sentBody: Buffer.from('{ }') }],
    ['another id', { changed: { 'webhook-id': 'evt_other' } }],
    ['another time', { changed: { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 10) } }],
    ['no time', { changed: { 'webhook-timestamp': '' } }],
    ['a time that is none', { changed: { 'webhook-timestamp': 'now' } }],
    ['no signature', { changed: { 'webhook-signature': '' } }],
    ['a signature of another version', { changed: { 'webhook-signature': 'v2,AAAA' } }],
    ['a short signature', { changed: { 'webhook-signature': 'v1,' } }],
    ['an age of an hour', { ageSeconds: 3_600 }],
    ['a time to come', { ageSeconds: -3_600 }],
  ])('refuses %s', async (_, difference) => {
    expect(await answerTo(difference)).toBe(401);
  });
});
