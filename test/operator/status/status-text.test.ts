import { describe, expect, it } from 'vitest';
import { statusText } from '../../../lib/operator/cli/status-text.ts';
import { relayStatus } from '../../../lib/operator/status/relay-status.ts';
import { attentionOf } from '../../../lib/relay/model/delivery.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { jsonOf } from '../cli.ts';
import { useTablesOnlyRelay } from '../tables-only-relay.ts';
import { aStatusRelay, HOUR_MS, MINUTE_MS, SECOND_MS } from './a-status-relay.ts';

const ERP = anEndpointId('erp');
const SLACK = anEndpointId('slack-channel-of-the-warehouse-team-in-the-north');

async function textOf(relay: ReturnType<typeof aStatusRelay>): Promise<string> {
  const plain = { green: asIs, red: asIs, yellow: asIs, bold: asIs, dim: asIs, cyan: asIs };
  return statusText(await relayStatus(relay), relay.relay.title, plain);
}
const asIs = (text: string) => text;

/** Times are shown in this machine's time zone. */
const withoutTimes = (text: string) =>
  text
    .replaceAll(/(Feb 28|Mar {2}1)? ?\d\d:\d\d:\d\d/g, ' hh:mm:ss')
    .replaceAll(/\d+ of them today/g, 'n of them today');

describe('the status in a terminal', () => {
  it('says what to do first when there is nothing yet', async () => {
    expect(withoutTimes(await textOf(aStatusRelay()))).toMatchInlineSnapshot(`
      "Status of a relay in memory at hh:mm:ss
        No webhook has arrived in 30 days.
        0 webhooks in 24 hours, n of them today

      Endpoints
        None. \`endpoints add --id erp --url https://erp.example.com/hooks\` adds one.

      Needs attention
        Nothing."
    `);
  });

  it('shows the Hub, each endpoint, and what needs attention, in 80 columns', async () => {
    const relay = aStatusRelay({ silenceHours: 12 });
    relay.configTable.put('endpoint', ERP, { url: 'https://erp.example/' });
    relay.configTable.put('endpoint', SLACK, { url: 'https://slack.example/' });
    relay.configTable.put('health', ERP, {
      state: 'failing',
      reason: '5 failures in a row: status 503',
      failingSince: relay.ago(3 * HOUR_MS).toISOString(),
      lastAnswer: '503',
      lastAnswerAt: relay.ago(MINUTE_MS).toISOString(),
      lastSuccessAt: relay.ago(4 * HOUR_MS).toISOString(),
      retryAt: relay.ago(-10 * MINUTE_MS).toISOString(),
    });
    const delivered = { state: 'delivered', status: 200, durationMs: 80 } as const;
    for (let hours = 20; hours > 4; hours -= 3)
      for (let count = 0; count < hours; count++)
        await relay.received(hours * HOUR_MS + count * MINUTE_MS, { [ERP]: delivered, [SLACK]: delivered });
    const waiting = await relay.received(2 * HOUR_MS, { [ERP]: { state: 'pending' }, [SLACK]: delivered });
    const attempt = { durationMs: 20, status: 503, answer: 'down for maintenance '.repeat(10) };
    await relay.withRow(waiting, {
      owedSince: waiting.receivedAt,
      attempts: [{ ...attempt, at: relay.ago(30 * SECOND_MS) }],
    });
    const dead = await relay.received(HOUR_MS, { [ERP]: { state: 'dead' }, [SLACK]: delivered });
    await relay.withRow(dead, { state: 'dead', owedTo: attentionOf(ERP), settledAt: relay.ago(0) });
    relay.deadLetters.events.put({ body: '{}' });

    const text = await textOf(relay);

    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(withoutTimes(text)).toMatchInlineSnapshot(`
      "Status of a relay in memory at hh:mm:ss
        alive: last webhook hh:mm:ss (60 min ago), source main
        77 webhooks in 24 hours, n of them today
        ···█▁·▇▁·▆▁·▅▁·▃▁·▂▁··▁▁·  per hour since  hh:mm:ss, at most 19

      Endpoints
        erp  failing since hh:mm:ss
          5 failures in a row: status 503
          last success hh:mm:ss
          last answer 503 in 20 ms at hh:mm:ss: down for maintenance down for mainten…
          next probe hh:mm:ss
          1 waiting, the oldest for 2 h; 1 dead
          delivered 97.4 %, p50 100 ms, p99 100 ms
        slack-channel-of-the-warehouse-team-in-the-north  new
          delivered 100 %, p50 100 ms, p99 100 ms
        Shares and times are of the newest 77 webhooks, since  hh:mm:ss.

      Needs attention
        erp is failing: \`endpoints show erp\`
        1 dead for erp: \`deliveries list --endpoint erp\`
        1 in the dead-letter queues: \`dlq list\`"
    `);
  });
});

const tables = useTablesOnlyRelay();

describe('status', () => {
  it('prints the status as text, and as one JSON value', async () => {
    await tables().put('endpoint', ERP, { url: 'https://erp.example/' });

    expect((await tables().cli(['status'])).out).toContain('erp  new\n');
    expect(jsonOf(await tables().cli(['status', '--json']))).toMatchObject({
      hub: { silence: { state: 'never' }, lastDay: { count: 0, isMore: false } },
      endpoints: [{ id: ERP, state: 'new', waiting: { count: 0, isMore: false } }],
      attention: { deadLetters: 0 },
      sample: { webhooks: 0 },
    });
  });
});
