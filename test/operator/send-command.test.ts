import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { cli, jsonOf } from './cli.ts';
import { aDiscoveryResponse } from './discovery-response.ts';
import { type Answer, aFreePort, anHttpServer } from './http-server.ts';

const TOKEN = '5UDXymzofXN0JDz3XeGA5GVZeVy4RKz_syDgwbA4GBE';
const EVENT_ID = 'evt_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const STORED = { body: JSON.stringify({ eventId: EVENT_ID }) };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensaria-send-'));
  return () => rmSync(folder, { recursive: true });
});

function aFile(content: string | Uint8Array): string {
  const file = join(folder, 'order.json');
  writeFileSync(file, content);
  return file;
}

/** A server that responds like a relay. */
async function aRelay(answer: Answer = STORED) {
  const server = await anHttpServer(answer);
  return { ...server, address: `${server.url}/webhooks/${TOKEN}?orderid=`, host: new URL(server.url).host };
}

describe('send', () => {
  it('posts the bytes of a file as JSON, to the address with the order id of the body', async () => {
    const { address, requests, host } = await aRelay();
    const file = aFile('{"Id": "7 501",\r\n"Name": "Zoë"}');

    const result = await cli(['send', file, '--address', address]);

    expect(result).toEqual({
      exitCode: 0,
      out: `${host} answered 200: stored as event ${EVENT_ID} of order 7 501\n\`npm run relay -- orders show '7 501'\` shows its outcomes.\n`,
      err: '',
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: `/webhooks/${TOKEN}?orderid=7%20501`,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{"Id": "7 501",\r\n"Name": "Zoë"}'),
    });
  });

  it('takes the body from the standard input, and another order id and content type', async () => {
    const { address, requests } = await aRelay();
    const input = Uint8Array.of(0xff, 0x00);

    const args = ['send', '-', '--order', '7-9', '--content-type', 'text/plain', '--address', address];
    const result = await cli([...args, '--json'], { input });

    expect(jsonOf(result)).toEqual({ status: 200, orderId: '7-9', eventId: EVENT_ID });
    expect(requests[0]).toMatchObject({
      url: `/webhooks/${TOKEN}?orderid=7-9`,
      headers: { 'content-type': 'text/plain' },
      body: Buffer.from(input),
    });
  });

  it.each([
    [
      'typographic quotes, as in copies of the Hub’s sample',
      '{\n  “Id”: “7-501”\n}',
      'it has the typographic quote “ at line 2, character 3. Replace typographic quotes with ", or',
    ],
    ['a comma too many', '{"Id": "7-501",}', '"}" is wrong at line 1, character 16. Correct it, or'],
    ['half of an order', '{"Id": "7-501",', 'it ends too early, at line 1, character 16. Complete it, or'],
  ])('does not send text that is not JSON: %s', async (_, body, problem) => {
    const { address, requests } = await aRelay();

    const result = await cli(['send', aFile(body), '--address', address]);

    expect(result).toEqual({
      exitCode: 2,
      out: '',
      err: `error: <file> is not JSON: ${problem} give --content-type text/plain to send it as it is\n`,
    });
    expect(requests).toEqual([]);
  });

  it.each([
    ['nothing, as the Hub’s Test button', '', 'application/json'],
    ['any text of another type', '{“Id”: 1}', 'text/plain'],
    ['an order after a byte order mark', '\ufeff{"Id": "7-501"}', 'application/json; charset=utf-8'],
  ])('sends %s', async (_, body, contentType) => {
    const { address, requests } = await aRelay();

    const args = ['send', aFile(body), '--address', address, '--content-type', contentType];
    expect((await cli(args)).exitCode).toBe(0);

    expect(requests).toMatchObject([{ body: Buffer.from(body) }]);
  });

  it('takes the address from the environment', async () => {
    const { address, requests } = await aRelay();

    const environment = { RELAY_WEBHOOK_ADDRESS: address };
    expect((await cli(['send', '-'], { input: '{}', environment })).exitCode).toBe(0);

    expect(requests[0]?.url).toBe(`/webhooks/${TOKEN}?orderid=`);
  });

  it('shows the relay’s message when it stored nothing', async () => {
    const { address, host } = await aRelay({ body: '{"message":"This address works."}' });

    const { exitCode, out } = await cli(['send', '-', '--address', address]);

    expect({ exitCode, out }).toEqual({ exitCode: 0, out: `${host} answered 200: This address works.\n` });
  });

  it.each([
    [404, '{"message":"Not Found"}', '404: Not Found: no enabled source has this address'],
    [503, '{"message":"Not stored. Please send it again."}', '503: Not stored. Please send it again.'],
    [302, 'moved', '302'],
    [500, '', '500'],
  ])('fails with exit code 1 on the answer %i, and never shows the token', async (status, body, told) => {
    const { address, host } = await aRelay({ status, body });

    const text = await cli(['send', '-', '--address', address]);
    const json = await cli(['send', '-', '--address', address, '--json']);

    expect(text).toEqual({ exitCode: 1, out: '', err: `error: ${host} answered ${told}\n` });
    expect(json).toMatchObject({
      exitCode: 1,
      err: `${JSON.stringify({ error: `${host} answered ${told}` })}\n`,
    });
    expect(jsonOf(json)).toMatchObject({ status });
  });

  it('reports a missing response, without the token', async () => {
    const host = `127.0.0.1:${await aFreePort()}`;

    const result = await cli(['send', '-', '--address', `http://${host}/webhooks/${TOKEN}?orderid=`]);

    expect(result).toEqual({ exitCode: 1, out: '', err: `error: ${host} did not respond: ECONNREFUSED\n` });
  });

  it('needs an address when the relay has no saved one', async () => {
    const { port } = await anHttpServer({ body: aDiscoveryResponse() });

    const environment = { RELAY_WEBHOOK_ADDRESS: '' };
    const { exitCode, out, err } = await cli(['send', '-', '--port', port], { environment });

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain('error: --address or RELAY_WEBHOOK_ADDRESS is required');
  });

  it('says that no relay is running when it has to ask one for its address', async () => {
    const { exitCode, err } = await cli(['send', '-', '--port', await aFreePort()]);

    expect(exitCode).toBe(1);
    expect(err).toContain('error: no relay is running');
  });

  it.each([
    ['no file', [], "missing required argument 'file'"],
    ['a file that does not exist', ['nowhere.json'], '<file> nowhere.json does not exist'],
    ['a folder', ['.'], '<file> . is a folder'],
    [
      'a relative address',
      ['-', '--address', '/webhooks'],
      '--address must be an absolute http or https URL',
    ],
    [
      'another protocol',
      ['-', '--address', 'ftp://x/?orderid='],
      '--address must be an absolute http or https URL',
    ],
    [
      'an address to which no order id fits',
      ['-', '--address', 'https://x/y'],
      '--address must end in ?orderid=',
    ],
    ['an empty order id', ['-', '--order', ''], '--order must not be empty'],
    [
      'a header that is none',
      ['-', '--content-type', 'a\nb'],
      '--content-type must be text that a header can hold',
    ],
  ])('refuses %s with exit code 2', async (_, args, message) => {
    const { exitCode, out, err } = await cli(['send', ...args]);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });
});
