import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createConsole } from '../../lib/console/app.ts';
import { LOOPBACK_HOSTS } from '../../lib/console/safety/loopback-hosts.ts';
import { consoleListener } from '../../lib/console/serve-console.ts';
import { aRelay } from '../relay/a-relay.ts';
import { noBrowser, useBrowser } from './a-browser.ts';
import { aConsole, aServedConsole, CONSOLE_TOKEN, connectionTo } from './a-console.ts';
import { seriousFindings } from './accessibility.ts';
import { busyRelay } from './busy-relay.ts';

describe('the console of a relay that fails', () => {
  /** The tables cannot be read. */
  function aFailingConsole(explanation?: string) {
    const warnings: string[] = [];
    const connection = connectionTo(aRelay());
    const console = aConsole(aRelay(), {
      connection: {
        ...connection,
        configTable: Object.assign(Object.create(connection.configTable), {
          rows: () => Promise.reject(new Error('secret detail')),
        }),
      },
      warn: (message) => warnings.push(message),
      explainFailure: () => explanation,
    });
    return { ...console, warnings };
  }

  it('says what to do, shows no detail, and reports the fault', async () => {
    const { request, signIn, warnings } = aFailingConsole();

    const answer = await request('/', { headers: { cookie: await signIn() } });

    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(text).toContain('Reload the page to try again');
    expect(text).not.toContain('secret detail');
    expect(warnings).toEqual(['the console failed on GET /: Error']);
  });

  it('says why, when the reason is known', async () => {
    const { request, signIn } = aFailingConsole('the credentials have expired');

    const answer = await request('/', { headers: { cookie: await signIn() } });

    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('The credentials have expired.');
  });

  it('shows the fault alone in a live part', async () => {
    const { request, signIn } = aFailingConsole();

    const answer = await request('/overview', {
      headers: { cookie: await signIn(), 'hx-request': 'true' },
    });

    expect(await answer.text()).toMatch(/^<div class="error"/);
  });
});

describe('a page of the console', () => {
  it('that does not exist leads to the start page', async () => {
    const { request, signIn } = aConsole();

    const answer = await request('/no-such-page', { headers: { cookie: await signIn() } });

    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('<a href="/">Go to the start page</a>');
  });

  it('lists older events page by page', async () => {
    const relay = aRelay();
    for (let order = 0; order < 60; order++) await relay.webhook({ Id: `7-${order}` });
    const { request, signIn } = aConsole(relay);
    const cookie = await signIn();

    const first = await (await request('/live', { headers: { cookie } })).text();
    const [, next = ''] = /href="(\/live\?before=evt_\w+)" rel="next"/.exec(first) ?? [];
    const second = await (await request(next, { headers: { cookie } })).text();

    expect(first.match(/<tr id="evt_/g)).toHaveLength(50);
    expect(second.match(/<tr id="evt_/g)).toHaveLength(10);
    expect(second).toContain('No more entries');
  });
});

it('the console is served beside other paths of a Node server', async () => {
  const listener = consoleListener(
    createConsole({
      connection: connectionTo(aRelay()),
      access: { kind: 'token', token: CONSOLE_TOKEN },
      hosts: LOOPBACK_HOSTS,
    }),
  );
  const server = createServer((request, response) => {
    if (request.url === '/health') response.end('well');
    else listener(request, response);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  expect(await (await fetch(`${origin}/health`)).text()).toBe('well');
  expect((await fetch(`${origin}/?token=${CONSOLE_TOKEN}`, { redirect: 'manual' })).status).toBe(303);
});

describe.skipIf(noBrowser !== undefined)('an open page of the console', () => {
  const browser = useBrowser();

  it('says that the console does not answer, and goes on when it does', async () => {
    const relay = await busyRelay();
    const first = await aServedConsole(relay);
    const page = await browser().newPage({ locale: 'en-US' });
    onTestFinished(() => page.close());
    await page.goto(first.address);
    const notice = page.getByText('The console does not answer.');
    expect(await notice.isHidden()).toBe(true);

    await page.route('**/overview', (route) => route.abort());
    await notice.waitFor();
    await page.unroute('**/overview');

    await notice.waitFor({ state: 'hidden' });
  });

  it('asks for the password without a serious fault of accessibility', async () => {
    const { address } = await aServedConsole(aRelay(), {
      network: { listenOn: '127.0.0.1', hosts: ['127.0.0.1'], password: 'correct horse battery' },
    });
    const page = await browser().newPage({ locale: 'en-US' });
    onTestFinished(() => page.close());
    await page.goto(address);

    expect(await seriousFindings(page)).toEqual([]);
    await page.getByLabel('Password').fill('wrong password');
    await page.keyboard.press('Enter');
    await page.getByText('The password is wrong.').waitFor();
    await page.getByLabel('Password').fill('correct horse battery');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /Welcome/ }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Password').waitFor();
  });
});
