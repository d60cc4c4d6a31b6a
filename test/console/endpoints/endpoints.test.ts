import { describe, expect, it } from 'vitest';
import { newSigningSecret } from '../../../lib/operator/endpoints/signing.ts';
import { aRelay } from '../../relay/a-relay.ts';
import { noBrowser } from '../a-browser.ts';
import { aConsole } from '../a-console.ts';
import { useVisits } from '../a-visit.ts';
import { busyRelay, SCRIPT } from '../busy-relay.ts';
import { clickWhileWorking } from '../while-working.ts';

const title = noBrowser === undefined ? 'in a browser' : `in a browser (skipped: ${noBrowser})`;
const visits = useVisits();

async function pageOf(relay: Parameters<typeof aConsole>[0], path: string, options = {}) {
  const { request, signIn } = aConsole(relay, options);
  const answer = await request(path, { headers: { cookie: await signIn() } });
  return { status: answer.status, text: await answer.text() };
}

describe('the pages of endpoints', () => {
  it('say what to do when there is no endpoint', async () => {
    const { text } = await pageOf(aRelay(), '/endpoints');

    expect(text).toContain('No endpoint yet');
    expect(text).toContain('href="/add-endpoint"');
  });

  it.each(['.', '..', '~x', 'a/b', 'new', 'a b?c&e%2F', '<b>"\'', 'é漢'])(
    'lead to an endpoint with any id: %s',
    async (id) => {
      const relay = aRelay();
      relay.newEndpoint(id, { url: 'https://erp/hook' });
      const { text } = await pageOf(relay, '/endpoints');
      const [, path = ''] = /<th scope="row"><a href="([^"]+)"/.exec(text) ?? [];

      const page = await pageOf(relay, new URL(path.replaceAll('&#39;', "'"), 'http://x').pathname);

      expect(page.status).toBe(200);
      expect(page.text).toContain('The relay has no success from it yet');
    },
  );

  it('show no secret', async () => {
    const relay = aRelay();
    const secret = newSigningSecret();
    relay.endpoint('erp', {
      signingSecret: secret,
      headers: { 'X-Key': 'header-secret' },
      auth: { type: 'basic', username: 'relay', password: 'auth-secret' },
    });

    const { text } = await pageOf(relay, '/endpoints/erp');

    expect(text).toContain('X-Key: ***');
    for (const one of [secret, 'header-secret', 'auth-secret']) expect(text).not.toContain(one);
  });

  it('have no action in read-only mode, and refuse each', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { signingSecret: newSigningSecret() });
    const { request, signIn } = aConsole(relay, { isReadOnly: true });
    const headers = { cookie: await signIn() };

    for (const path of ['/endpoints', '/endpoints/erp']) {
      const text = await (await request(path, { headers })).text();
      expect(text).not.toContain('<form');
      expect(text).not.toContain('Add an endpoint');
    }
    for (const action of ['state', 'test', 'remove', 'rotate-secret'])
      expect((await request(`/endpoints/erp/${action}`, { method: 'POST', headers })).status).toBe(403);
  });

  it('show an endpoint with an invalid row, and one that was removed', async () => {
    const relay = await busyRelay();
    relay.configTable.remove('endpoint', 'shop');

    expect((await pageOf(relay, '/endpoints/bare')).text).toContain('until its settings are valid');
    expect((await pageOf(relay, '/endpoints/shop')).text).toContain('It has no settings any more');
    expect((await pageOf(relay, '/endpoints/none')).status).toBe(404);
  });
});

describe.skipIf(noBrowser !== undefined)(`endpoints ${title}`, () => {
  it('are paused, resumed, disabled and enabled', async () => {
    const { page, signIn } = visits();
    const relay = aRelay();
    relay.endpoint('erp');
    const visit = await signIn(relay);
    await visit('/endpoints');
    await page.getByRole('link', { name: 'erp' }).click();

    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('It is paused.').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('It is enabled.').waitFor();
    await page.getByRole('button', { name: 'Disable…' }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Disable', exact: true }).press('Enter');
    await page.getByText('It is disabled.').waitFor();
    await page.getByRole('button', { name: 'Enable and clear failures' }).click();
    await page.getByText('See which orders it missed').waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('ok');
  });

  it('are tested, and show the answer and the request', async () => {
    const { page, signIn, seriousFindings } = visits();
    const relay = aRelay();
    relay.clock.advance(60_000);
    relay.endpoint('erp', { auth: { type: 'bearer', token: 'auth-secret' } });
    relay.sender.answers.set('erp', { kind: 'answer', status: 418, text: SCRIPT });
    const visit = await signIn(relay);
    await visit('/endpoints/erp');

    await clickWhileWorking(page, relay, 'Send a test');

    await page.getByText('The endpoint did not accept the test.').waitFor();
    expect(await page.locator('pre.answer').textContent()).toContain(SCRIPT.slice(0, 40));
    expect(await page.locator('main').textContent()).toContain('Bearer ***');
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await seriousFindings()).toEqual([]);
    relay.sender.answers.delete('erp');
    await clickWhileWorking(page, relay, 'Test again');
    await page.getByText('The endpoint accepted the test.').waitFor();
  });

  it('get a new signing secret, which is shown once', async () => {
    const { page, signIn } = visits();
    const relay = aRelay();
    relay.endpoint('erp', { signingSecret: newSigningSecret() });
    const visit = await signIn(relay);
    await visit('/endpoints/erp');

    await page.getByText('Rotate the signing secret').click();
    await page.getByLabel('Also sign with the old secret for').selectOption('1 hour');
    await page.getByRole('button', { name: 'Rotate the secret…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate the secret' }).click();
    await page.getByText('is shown only once').waitFor();
    const secret = await page.locator('.copy code').textContent();
    expect(secret).toMatch(/^whsec_/);
    await page.getByText('also signs with the old secret until').waitFor();
    await page.getByRole('link', { name: 'Back to the endpoint' }).click();

    await page.getByText('Old signing secret').waitFor();
    expect(await page.content()).not.toContain(secret);
  });

  it('are removed only when the person agrees', async () => {
    const { page, signIn } = visits();
    const relay = aRelay();
    relay.endpoint('erp');
    const visit = await signIn(relay);
    await visit('/endpoints/erp');

    await page.getByRole('button', { name: 'Remove…' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Remove…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();

    await page.getByText('is removed').waitFor();
    await page.getByText('No endpoint yet').waitFor();
  });

  it('run nothing hostile, and are accessible', async () => {
    const { page, signIn, faults } = visits();
    const relay = await busyRelay();
    relay.endpoint('hostile-text', { description: SCRIPT, url: `https://hostile/${'long'.repeat(60)}` });
    const visit = await signIn(relay);

    for (const path of ['/endpoints', '/endpoints/hostile-text', '/endpoints/shop', '/endpoints/bare']) {
      await visit(path);
      await page.locator('.badge').first().waitFor();
      expect(await page.evaluate('window.hacked'), path).toBeUndefined();
      expect(await page.locator('main img, main script, main b').count(), path).toBe(0);
      expect(await faults(), path).toEqual([]);
    }
  });
});
