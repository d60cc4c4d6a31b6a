import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { newSigningSecret } from '../../../lib/operator/endpoints/signing.ts';
import { aRelay } from '../../relay/a-relay.ts';
import { noBrowser } from '../a-browser.ts';
import { aConsole, type MemoryRelay } from '../a-console.ts';
import { useVisits } from '../a-visit.ts';
import { SCRIPT } from '../busy-relay.ts';

const title = noBrowser === undefined ? 'in a browser' : `in a browser (skipped: ${noBrowser})`;
// A form with a problem is answered with 422.
const visits = useVisits(/status of 422/);

/** Opens all groups of the form. */
async function openAll(page: Page): Promise<void> {
  const closed = page.locator('details:not([open]) > summary');
  for (let left = await closed.count(); left > 0; left = await closed.count())
    await closed.first().press('Enter');
}

const rowOf = async (relay: MemoryRelay, id: string) =>
  (await relay.configTable.rows('endpoint')).find((row) => row.id === id)?.attributes;

/** An endpoint with every kind of secret. */
function withSecrets() {
  const relay = aRelay();
  const row = {
    url: 'https://erp/hook',
    headers: { 'X-Key': 'very-secret-header', 'X-Other': 'env:OTHER' },
    auth: {
      type: 'oauth2',
      tokenUrl: 'https://auth/token',
      clientId: 'relay',
      clientSecret: 'very-secret-auth',
      parameters: { resource: 'very-secret-parameter' },
    },
    signingSecret: newSigningSecret(),
  };
  relay.endpoint('erp', row);
  return { relay, row };
}

describe('the form of an endpoint', () => {
  it('contains no secret, only references', async () => {
    const { relay, row } = withSecrets();
    const { request, signIn } = aConsole(relay);

    const text = await (await request('/endpoints/erp/edit', { headers: { cookie: await signIn() } })).text();

    for (const one of ['very-secret-header', 'very-secret-auth', 'very-secret-parameter', row.signingSecret])
      expect(text).not.toContain(one);
    expect(text).toContain('env:OTHER');
  });

  it('is absent in read-only mode', async () => {
    const { relay } = withSecrets();
    const { request, signIn } = aConsole(relay, { isReadOnly: true });
    const headers = { cookie: await signIn() };

    for (const path of ['/add-endpoint', '/endpoints/erp/edit']) {
      const page = await request(path, { headers });
      expect(page.status).toBe(409);
      expect(await page.text()).not.toContain('<form');
      expect((await request(path, { method: 'POST', headers })).status).toBe(403);
    }
  });
});

describe.skipIf(noBrowser !== undefined)(`the form of an endpoint ${title}`, () => {
  it('adds an endpoint, after it has said beside each field what is wrong', async () => {
    const { page, signIn } = visits();
    const relay = aRelay();
    relay.endpoint('erp');
    const visit = await signIn(relay);
    await visit('/endpoints');
    await page.getByRole('link', { name: 'Add an endpoint' }).click();
    await page.getByRole('heading', { name: 'Add an endpoint' }).waitFor();
    await openAll(page);

    await page.getByLabel('Short name').pressSequentially('erp');
    await page.getByText('there is an endpoint with this name').waitFor();
    expect(await page.getByLabel('Short name').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('Short name').pressSequentially('-2');
    await page.locator('#id-problem:empty').waitFor({ state: 'attached' });
    expect(await page.getByLabel('Short name').getAttribute('aria-invalid')).toBeNull();
    await page.getByLabel('URL', { exact: true }).pressSequentially('erp.example');
    await page.getByText('Must be an absolute http or https URL.').waitFor();
    await page.getByLabel('URL', { exact: true }).fill('https://erp.example/{orderid}');
    await page.locator('#url-problem:empty').waitFor({ state: 'attached' });
    await page.getByLabel('Filter').fill('$count(');
    await page.getByText('Is not valid JSONata').waitFor();
    await page.getByLabel('Filter').fill('$count(changes) > 0');
    await page.getByLabel('Debounce in seconds').fill('60');
    await page.getByLabel('Ordering of the updates of one order').selectOption('strict');
    await page.getByText('Goes with the ordering latest alone').waitFor();
    await page.getByLabel('Debounce in seconds').fill('');
    await page.getByLabel('Send the relay’s notices, too').check();
    await page.getByRole('button', { name: 'Add the endpoint' }).press('Enter');

    await page.getByText('It is added, and receives the updates from now on.').waitFor();
    const now = relay.clock.now().toISOString();
    expect(await rowOf(relay, 'erp-2')).toEqual({
      url: 'https://erp.example/{orderid}',
      filter: '$count(changes) > 0',
      ordering: 'strict',
      notices: true,
      createdAt: now,
      updatedAt: now,
    });
  });

  it('keeps what was typed when the server refuses it, but no secret', async () => {
    const { page, signIn, seriousFindings } = visits();
    const relay = aRelay();
    const visit = await signIn(relay);
    await visit('/add-endpoint');
    await openAll(page);

    await page.getByLabel('Short name').fill('erp');
    await page.getByLabel('Description').fill(SCRIPT);
    await page.getByLabel('Authentication').selectOption('bearer');
    await page.getByLabel('Token', { exact: true }).fill('very-secret-auth');
    await page.getByLabel('Timeout in seconds').fill('a while');
    await page.getByRole('button', { name: 'Add the endpoint' }).click();

    await page.getByText('Nothing was saved.').waitFor();
    expect(await page.getByLabel('Description').inputValue()).toBe(SCRIPT);
    expect(await page.getByLabel('Timeout in seconds').inputValue()).toBe('a while');
    expect(await page.locator('#timeoutSeconds-problem').textContent()).toBe('Must be a number.');
    expect(await page.locator('#url-problem').textContent()).toContain('Must be an absolute');
    expect(await page.getByLabel('Token', { exact: true }).inputValue()).toBe('');
    await page.getByText('Must be typed again').waitFor();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await seriousFindings()).toEqual([]);
    expect(await rowOf(relay, 'erp')).toBeUndefined();
  });

  it('changes what a person changes, and no secret whose field is empty', async () => {
    const { page, signIn } = visits();
    const { relay, row } = withSecrets();
    const visit = await signIn(relay);
    await visit('/endpoints/erp/edit');

    await page.getByLabel('Description').fill('The warehouse');
    await page.locator('#header-0-name').fill('X-Renamed');
    await page.locator('#header-1-name').fill('');
    await page.locator('#header-2-name').fill('X-New');
    await page.locator('#header-2-value').fill('new-secret');
    await page.getByLabel('Scope (optional)').fill('orders');
    await page.getByRole('button', { name: 'Save' }).click();

    await page.getByText('The settings are saved.').waitFor();
    expect(await rowOf(relay, 'erp')).toEqual({
      ...row,
      description: 'The warehouse',
      headers: { 'X-Renamed': 'very-secret-header', 'X-New': 'new-secret' },
      auth: { ...row.auth, scope: 'orders' },
      updatedAt: relay.clock.now().toISOString(),
    });
  });

  it('signs with a new secret, which is shown once, and takes a preset', async () => {
    const { page, signIn } = visits();
    const relay = aRelay();
    const visit = await signIn(relay);
    await visit('/add-endpoint');
    await openAll(page);

    await page.getByLabel('Short name').fill('slack');
    await page.getByLabel('URL', { exact: true }).fill('https://hooks.slack.com/services/x');
    await page.getByLabel('Order id in the URL').selectOption('none');
    await page.getByLabel('Ready-made transform').selectOption('slack');
    await page.getByLabel('Signature (Standard Webhooks)').selectOption('generate');
    await page.getByRole('button', { name: 'Add the endpoint' }).click();

    await page.getByText('is shown only once').waitFor();
    const signingSecret = await page.locator('.copy code').textContent();
    expect(await rowOf(relay, 'slack')).toMatchObject({
      signingSecret,
      orderId: 'none',
      ordering: 'none',
      rateLimitPerSecond: 1,
    });
  });

  it('mends an invalid row', async () => {
    const { page, signIn } = visits();
    const relay = aRelay();
    relay.newEndpoint('bare', { url: 'not a url', timeoutSeconds: 99, colour: 'red' });
    const visit = await signIn(relay);
    await visit('/endpoints/bare');

    await page.getByRole('link', { name: 'Edit', exact: true }).click();
    await page.getByText('that no endpoint has: colour').waitFor();
    await page.getByLabel('URL', { exact: true }).fill('https://bare/hook');
    await page.getByLabel('Sources', { exact: true }).selectOption('some');
    await page.getByText('Must have at least one marked.').waitFor();
    await page.getByLabel('main').check();
    await page.getByLabel('Timeout in seconds').fill('');
    await page.getByRole('button', { name: 'Save' }).click();

    await page.getByText('The settings are saved.').waitFor();
    expect(await rowOf(relay, 'bare')).toEqual({
      url: 'https://bare/hook',
      sources: ['main'],
      updatedAt: relay.clock.now().toISOString(),
    });
  });

  it('is accessible, and fits a phone', async () => {
    const { page, signIn, faults } = visits();
    const { relay } = withSecrets();
    const visit = await signIn(relay);

    for (const path of ['/add-endpoint', '/endpoints/erp/edit']) {
      await visit(path);
      await openAll(page);
      expect(await faults(), path).toEqual([]);
    }
  });
});

describe.skipIf(noBrowser !== undefined)(`the guided start ${title}`, () => {
  it('says beside the field what is wrong, and keeps what was typed', async () => {
    const { page, signIn } = visits();
    const visit = await signIn(aRelay());
    await visit('/');

    await page.getByLabel('Short name').fill('erp');
    await page.getByLabel('URL').pressSequentially('erp.example');
    await page.getByText('Must be an absolute http or https URL.').waitFor();
    await page.getByRole('button', { name: 'Add the endpoint' }).click();

    await page.getByText('Must be an absolute http or https URL.').waitFor();
    expect(await page.getByLabel('Short name').inputValue()).toBe('erp');
    expect(await page.getByLabel('URL').inputValue()).toBe('erp.example');
    await page.getByLabel('URL').fill('https://erp.example/hook');
    await page.getByRole('button', { name: 'Add the endpoint' }).click();
    await page.getByRole('button', { name: 'Send a test to erp' }).waitFor();
  });
});
