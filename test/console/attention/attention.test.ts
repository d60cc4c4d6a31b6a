import { describe, expect, it } from 'vitest';
import { MemoryDeadLetters } from '../../memory/dead-letters.ts';
import { aRelay, REFUSED } from '../../relay/a-relay.ts';
import { noBrowser } from '../a-browser.ts';
import { aConsole, connectionTo, type MemoryRelay } from '../a-console.ts';
import { useVisits } from '../a-visit.ts';
import { anOrder, busyRelay } from '../busy-relay.ts';

const title = noBrowser === undefined ? 'in a browser' : `in a browser (skipped: ${noBrowser})`;
const visits = useVisits();

async function withDead(relay: MemoryRelay, ...orders: string[]): Promise<MemoryRelay> {
  relay.endpoint('erp', { maxAttempts: 1 });
  relay.sender.answers.set('erp', REFUSED);
  for (const order of orders) {
    await anOrder(relay, order, 'New');
    await relay.work();
    relay.clock.advance(60_000);
  }
  return relay;
}

/** A connection whose queue for events has dead letters. */
function withLetters(relay: MemoryRelay, reasons: readonly string[]) {
  const connection = connectionTo(relay);
  const events = new MemoryDeadLetters(relay.clock);
  for (const reason of reasons) events.put({ body: 'foreign', reason });
  const queues = async () => {
    const all = await connection.queues();
    return { ...all, deadLetters: { ...all.deadLetters, events } };
  };
  return { connection: { ...connection, queues }, events };
}

describe('the page of what needs attention', () => {
  it('says that nothing needs attention', async () => {
    const { request, signIn } = aConsole();

    const page = await (await request('/attention', { headers: { cookie: await signIn() } })).text();

    expect(page).toContain('Nothing needs attention');
  });

  it('lists an endpoint that does not get its updates, as the start page does', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { state: 'disabled' });
    const { request, signIn } = aConsole(relay);
    const headers = { cookie: await signIn() };

    expect(await (await request('/attention', { headers })).text()).toContain(
      '</a> is disabled; its updates are cancelled.',
    );
    expect(await (await request('/overview', { headers })).text()).toContain(
      '</a> is disabled; its updates are cancelled.',
    );
  });

  it('has no action in read-only mode', async () => {
    const { request, signIn } = aConsole(await withDead(aRelay(), '7-1'), { isReadOnly: true });
    const headers = { cookie: await signIn() };

    const page = await (await request('/attention', { headers })).text();

    expect(page).toContain('answered 400');
    expect(page).not.toContain('<form');
    expect((await request('/attention/retry', { method: 'POST', headers })).status).toBe(403);
  });
});

describe.skipIf(noBrowser !== undefined)(`what needs attention ${title}`, () => {
  it('is retried with a progress bar, and the run is there after the page was loaded again', async () => {
    const { page, signIn } = visits();
    const relay = await withDead(aRelay(), '7-1', '7-2', '7-3');
    relay.sender.answers.delete('erp');
    const visit = await signIn(relay);
    await visit('/attention');

    await page.getByRole('button', { name: 'Retry all' }).click();
    await page.getByText('3 of 3 rows processed').waitFor();
    await page.getByText('3 rows retried.').waitFor();
    await page.reload();
    await page.getByText('3 rows retried.').waitFor();
    await relay.run(2);
    await page.getByRole('link', { name: 'Show what is left' }).click();

    await page.getByText('Nothing needs attention').waitFor();
    expect(relay.sender.to('erp')).toHaveLength(6);
  });

  it('is dropped only after a question', async () => {
    const { page, signIn } = visits();
    const visit = await signIn(await withDead(aRelay(), '7-1', '7-2'));
    await visit('/attention');
    const drop = page.getByRole('button', { name: 'Drop all' });

    await drop.press('Enter');
    await page.getByText('Drop 2 dead deliveries to erp (answered 400)?').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).press('Enter');
    expect(await page.getByText('Runs').count()).toBe(0);
    await drop.press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Drop all' }).press('Enter');

    await page.getByText('2 deliveries dropped.').waitFor();
    await visit('/attention');
    await page.getByText('Nothing needs attention').waitFor();
  });

  it('can be stopped', async () => {
    const { page, signIn } = visits();
    const relay = await withDead(aRelay(), ...Array.from({ length: 25 }, (_, index) => `7-${index}`));
    const connection = connectionTo(relay);
    const hold = Promise.withResolvers<void>();
    const eventLog = new Proxy(connection.eventLog, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== 'updateDelivery') return value.bind(target);
        return async (...given: unknown[]) => {
          await hold.promise;
          return Reflect.apply(value, target, given);
        };
      },
    });
    const visit = await signIn(relay, { connection: { ...connection, eventLog } });
    await visit('/attention');

    await page.getByRole('button', { name: 'Drop all' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drop all' }).click();
    await page.getByRole('progressbar').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('stopping').waitFor();
    hold.resolve();

    await page.getByText('10 deliveries dropped.').waitFor();
    await page.getByText('stopped').waitFor();
  });

  it('has dead letters, with their reasons when a person asks', async () => {
    const { page, signIn } = visits();
    const relay = aRelay();
    const { connection, events } = withLetters(relay, ['malformed', 'malformed', '<b>x</b>']);
    const visit = await signIn(relay, { connection });
    await visit('/attention');

    await page.getByText('3 messages').waitFor();
    await page.getByRole('link', { name: 'Show their reasons' }).click();
    await page.getByRole('row', { name: /malformed queue for events 2 messages/ }).waitFor();
    expect(await page.locator('main b').count()).toBe(0);
    await page.getByRole('button', { name: 'Send back to the queue' }).click();
    await page.getByText('3 messages sent back.').waitFor();
    expect(events.sentBack).toHaveLength(3);
  });

  it('is accessible, and runs nothing hostile', async () => {
    const { page, signIn, faults } = visits();
    const relay = await withDead(await busyRelay(), '<i>7</i>"x', 'long'.repeat(60));
    relay.endpoint('<u onclick=hacked()>', { state: 'disabled' });
    await anOrder(relay, '7-1', 'New');
    await relay.work();
    const { connection } = withLetters(relay, ['malformed']);
    const visit = await signIn(relay, { connection });

    await visit('/attention');

    expect(await page.locator('main b, main i, main u, main img').count()).toBe(0);
    expect(await faults()).toEqual([]);
  });
});
