import { describe, expect, it } from 'vitest';
import { assetBytes } from '../../lib/console/assets/assets.ts';
import { aRelay } from '../relay/a-relay.ts';
import { aConsole, aServedConsole, CONSOLE_TOKEN } from './a-console.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const SAME_SITE = { origin: 'http://127.0.0.1:8788', 'sec-fetch-site': 'same-origin' };

async function formTokenOf(page: Response): Promise<string> {
  return /name="_token" value="([\w-]+)"/.exec(await page.text())?.[1] ?? '';
}

describe('access to the console', () => {
  it('says how to get in to a browser without a session', async () => {
    const answer = await aConsole().request('/');

    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('npm run relay -- open');
  });

  it('exchanges the token of the address for a strict cookie, and leaves no token in the address', async () => {
    const { request } = aConsole();

    const answer = await request(`/?token=${CONSOLE_TOKEN}`);

    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/');
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^relay-console-8788=/);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).toMatch(/Path=\//);
    expect(cookie).not.toContain(CONSOLE_TOKEN);
    const [name] = cookie.split(';');
    expect((await request('/live', { headers: { cookie: name ?? '' } })).status).toBe(200);
  });

  it('refuses another token, and a cookie that it did not sign', async () => {
    const { request, signIn } = aConsole();
    const cookie = await signIn();

    expect((await request('/?token=guessed')).status).toBe(401);
    const forged = cookie.replace(/=\d+/, (end) => `${end}0`);
    expect((await request('/live', { headers: { cookie: forged } })).status).toBe(401);
  });

  it('leads to no other site, whatever the path', async () => {
    const { request } = aConsole();

    const redirect = await request(`//attacker.example/?token=${CONSOLE_TOKEN}`);
    const page = await request('//attacker.example/', { headers: { 'sec-fetch-site': 'cross-site' } });

    expect(redirect.headers.get('location')).toBe('/');
    expect(await page.text()).not.toContain('attacker.example');
  });

  it('ends a session after twelve hours', async () => {
    const relay = aRelay();
    const { request, signIn } = aConsole(relay);
    const cookie = await signIn();

    relay.clock.advance(12 * 60 * 60_000 + 1);

    expect((await request('/live', { headers: { cookie } })).status).toBe(401);
  });

  it('reloads the page when the session of a live part has ended', async () => {
    const answer = await aConsole().request('/live/events', { headers: { 'hx-request': 'true' } });

    expect(answer.status).toBe(401);
    expect(answer.headers.get('hx-refresh')).toBe('true');
  });

  it('serves no page under the name of another site that resolves to this machine', async () => {
    const { request, signIn } = aConsole();
    const cookie = await signIn();

    const answer = await request('/live', { headers: { cookie, host: 'rebound.attacker.example:8788' } });

    expect(answer.status).toBe(421);
    expect((await request('/live', { headers: { cookie, host: 'LOCALHOST:8788' } })).status).toBe(200);
  });
});

describe('every answer of the console', () => {
  it.each(['/', '/no-such-page'])(
    'forbids inline code, frames, other sites and storage: %s',
    async (path) => {
      const { request, signIn } = aConsole();

      const { headers } = await request(path, { headers: { cookie: await signIn() } });

      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
    },
  );
});

describe('the assets of the console', () => {
  it('are smaller than 150 KB together', () => {
    expect(assetBytes()).toBeLessThan(150_000);
  });

  it('are served compressed and cached for ever, under the hash of their content only', async () => {
    const { request } = aConsole();
    const page = await (await request('/')).text();
    const paths = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);

    expect(paths).toHaveLength(5);
    for (const path of paths) {
      const answer = await request(path, { headers: { 'accept-encoding': 'gzip, br' } });
      expect(answer.headers.get('content-encoding')).toBe('br');
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    }
    expect((await request('/assets/0000/console.js')).status).toBe(404);
  });

  it('are all the page loads', async () => {
    const page = await (await aConsole().request('/')).text();

    expect([...page.matchAll(/(?:src|href)="(?!\/|data:,|#)/g)]).toEqual([]);
  });
});

describe('a form', () => {
  /** A route that counts what reaches it. */
  async function counted(options: { isReadOnly?: boolean } = {}) {
    const relay = aRelay();
    const { request, signIn } = aConsole(relay, options);
    const cookie = await signIn();
    const token = await formTokenOf(await request('/', { headers: { cookie } }));
    const post = (headers: Record<string, string>, fields: Record<string, string>) =>
      request('/start/endpoint', {
        method: 'POST',
        headers: { cookie, ...headers },
        body: new URLSearchParams({ endpoint: 'erp', url: 'https://erp.example/hook', ...fields }),
      });
    return { post, token, added: async () => (await relay.configTable.rows('endpoint')).length };
  }

  it('of the console itself reaches its action', async () => {
    const { post, token, added } = await counted();

    expect((await post({ ...FORM, ...SAME_SITE }, { _token: token })).status).toBe(303);
    expect(await added()).toBe(1);
  });

  it.each([
    ['of another origin', { ...FORM, origin: 'https://attacker.example', 'sec-fetch-site': 'cross-site' }],
    [
      'of another port of this machine',
      { ...FORM, origin: 'http://127.0.0.1:9999', 'sec-fetch-site': 'same-site' },
    ],
    ['of a sandboxed page', { ...FORM, origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['without an origin', FORM],
    ['of another type', { ...SAME_SITE, 'content-type': 'text/plain' }],
  ])('%s changes nothing', async (_, headers) => {
    const { post, token, added } = await counted();

    expect((await post(headers, { _token: token })).status).toBe(403);
    expect(await added()).toBe(0);
  });

  it('without the token of its session changes nothing', async () => {
    const { post, added } = await counted();

    expect((await post({ ...FORM, ...SAME_SITE }, { _token: 'guessed' })).status).toBe(403);
    expect(await added()).toBe(0);
  });

  it('changes nothing in read-only mode, and no page has one', async () => {
    const { post, token, added } = await counted({ isReadOnly: true });

    expect(token).toBe('');
    expect((await post({ ...FORM, ...SAME_SITE }, { _token: token })).status).toBe(403);
    expect(await added()).toBe(0);
  });

  it.each(['DELETE', 'OPTIONS', 'PUT'])('with the method %s changes nothing', async (method) => {
    const { address } = await aServedConsole(aRelay());
    const opened = await fetch(address, { redirect: 'manual' });
    const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '';

    const answer = await fetch(new URL('/live', address), { method, headers: { cookie, ...SAME_SITE } });

    expect(answer.status).toBe(405);
  });

  it('that is too large is not read', async () => {
    const { post, token, added } = await counted();

    const answer = await post({ ...FORM, ...SAME_SITE }, { _token: token, more: 'x'.repeat(300_000) });

    expect(answer.status).toBe(413);
    expect(await added()).toBe(0);
  });
});

describe('the console over a network', () => {
  const PASSWORD = 'correct horse battery';

  function overNetwork() {
    const relay = aRelay();
    const { request } = aConsole(relay, { access: { kind: 'password', password: PASSWORD } });
    const login = (password: string, headers: Record<string, string> = SAME_SITE) =>
      request('/login', {
        method: 'POST',
        headers: { ...FORM, ...headers },
        body: new URLSearchParams({ password }),
      });
    return { relay, request, login };
  }

  it('asks for the password, and opens with it', async () => {
    const { request, login } = overNetwork();

    expect((await request('/')).status).toBe(401);
    const answer = await login(PASSWORD);

    expect(answer.status).toBe(303);
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect((await request('/live', { headers: { cookie } })).status).toBe(200);
  });

  it('opens with no token and no wrong password, and lets no other site sign in', async () => {
    const { request, login } = overNetwork();

    expect((await request(`/?token=${CONSOLE_TOKEN}`)).status).toBe(401);
    expect((await login('wrong')).status).toBe(401);
    expect((await login(PASSWORD, { origin: 'https://attacker.example' })).status).toBe(403);
  });

  it('makes who guesses wait, longer with each failure, also with the right password', async () => {
    const { relay, login } = overNetwork();
    for (let failure = 0; failure < 6; failure++) {
      relay.clock.advance(60_000);
      await login('wrong');
    }

    const answer = await login(PASSWORD);
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('2');
    relay.clock.advance(2_000);
    expect((await login(PASSWORD)).status).toBe(303);
  });

  it('makes guesses wait that come at the same time', async () => {
    const { login } = overNetwork();

    const answers = await Promise.all(Array.from({ length: 20 }, () => login('wrong')));

    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  it('reads nothing large of a person who has not signed in', async () => {
    const { request, login } = overNetwork();

    expect((await login('x'.repeat(10_000))).status).toBe(413);
    let isRead = false;
    const body = new ReadableStream(
      {
        pull(controller) {
          isRead = true;
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const answer = await request('/start/endpoint', {
      method: 'POST',
      headers: { ...FORM, ...SAME_SITE, 'transfer-encoding': 'chunked' },
      body,
      duplex: 'half',
    });
    expect(answer.status).toBe(401);
    expect(isRead).toBe(false);
  });

  it('is opened by an IPv6 address', async () => {
    const { address } = await aServedConsole(aRelay(), {
      network: { listenOn: '127.0.0.1', hosts: ['fd00::1'], password: PASSWORD },
    });
    const { port, hostname } = new URL(address);

    const answer = await fetch(`http://127.0.0.1:${port}/`);

    expect(hostname).toBe('[fd00::1]');
    expect(answer.status).toBe(401);
  });
});
