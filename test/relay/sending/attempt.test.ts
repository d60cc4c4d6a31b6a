import { describe, expect, it } from 'vitest';
import type { SendResult } from '../../../lib/relay/ports/outgoing.ts';
import { aRelay } from '../a-relay.ts';

describe('an attempt that was asked to wait', () => {
  const asked = (status: number, retryAfter: string): SendResult => ({
    kind: 'answer',
    status,
    text: 'busy',
    retryAfter,
  });

  it.each([429, 503])('says for how long in its row, and is made again no sooner: %i', async (status) => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', asked(status, '600'));

    await relay.accepted();
    await relay.fanOut();

    const now = relay.clock.now().getTime();
    expect(await relay.rows()).toMatchObject([
      { attempts: [{ status, retryAfterSeconds: 600 }], nextAttemptAt: new Date(now + 600_000) },
    ]);
  });

  it('waits as asked, also when the schedule would wait longer, and uses no attempt', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.sender.answers.set('erp', asked(503, '1'));

    await relay.accepted();
    await relay.fanOut();

    const now = relay.clock.now().getTime();
    expect(await relay.rows()).toMatchObject([
      { attemptCount: 0, deferralCount: 1, nextAttemptAt: new Date(now + 1_000), reason: 'endpoint-busy' },
    ]);
  });

  it.each([200, 302, 404, 500])('does not count when it was answered with %i', async (status) => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', asked(status, '600'));

    await relay.accepted();
    await relay.fanOut();

    for (const row of await relay.rows()) expect(row.attempts[0]).not.toHaveProperty('retryAfterSeconds');
    expect(await relay.healthOf('erp')).not.toMatchObject({ state: 'failing' });
  });
});
