import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { synthesizeTemplate } from '../../lib/stack/synthesize-template.ts';
import type { Call } from './call-recorder.ts';
import { chargesOf } from './charges.ts';
import { type Cost, type CostInputs, costOf, totalOf } from './cost-model.ts';
import { costTable } from './cost-table.ts';
import { countCost, countEvent } from './count-cost.ts';
import type { EventCalls } from './event-calls.ts';
import { partsOf } from './template-parts.ts';

const PARTS = {
  alarms: 18,
  alarmMetrics: 20,
  keys: 0,
  memoryMb: { ingest: 512, fanOut: 512, deliver: 512, sweep: 256 },
  retentionDays: 30,
};

const aCall = (service: Call['service'], command: string, units: number): Call => ({
  service,
  command,
  units,
  input: { Item: {} },
});

function anEvent(changes: Partial<EventCalls> = {}): EventCalls {
  return {
    ingest: [],
    fanOut: [],
    attempts: 1,
    bodyBytes: 0,
    sentBytes: 0,
    metrics: new Set(),
    ...changes,
  };
}

function inputs(changes: Partial<CostInputs> = {}): CostInputs {
  return {
    event: anEvent(),
    slow: { event: anEvent(), deliver: [] },
    sweep: [],
    parts: PARTS,
    table: { name: 'EventLog', attributes: [], keySchema: [], indexes: [] },
    ...changes,
  };
}

describe('the cost of an event', () => {
  it('is the price of each of its calls, a million times', () => {
    const event = anEvent({
      ingest: [aCall('DynamoDB', 'PutItem', 3), aCall('SQS', 'SendMessage', 0)],
      fanOut: [aCall('DynamoDB', 'Query', 2)],
    });

    const { perMillionEvents } = costOf(inputs({ event }));

    expect(perMillionEvents.get('DynamoDB, reads and writes')).toBeCloseTo(3 * 0.625 + 2 * 0.125);
    expect(perMillionEvents.get('SQS')).toBeCloseTo(0.5);
    expect(perMillionEvents.get('API Gateway')).toBe(1);
  });

  it('counts the bytes that go to all endpoints, at nine cents a gigabyte', () => {
    const { perMillionEvents } = costOf(inputs({ event: anEvent({ sentBytes: 5_000 }) }));

    expect(perMillionEvents.get('Traffic to endpoints')).toBeCloseTo(5 * 0.09);
  });

  it('stores its rows for as long as the deployment says', () => {
    const event = anEvent({ ingest: [aCall('DynamoDB', 'PutItem', 2)] });
    const stored = (retentionDays: number) =>
      costOf(inputs({ event, parts: { ...PARTS, retentionDays } })).perMillionEvents.get(
        'DynamoDB, storage and backup',
      ) ?? Number.NaN;

    expect(stored(60)).toBeCloseTo(2 * stored(30));
    expect(stored(30)).toBeCloseTo(2.048 * (30 / (365 / 12)) * 0.45);
  });

  it('that deliver sends is higher by the calls of deliver', () => {
    const slow = { event: anEvent(), deliver: [aCall('DynamoDB', 'PutItem', 4)] };
    const more = (changes: Partial<CostInputs>) =>
      costOf(inputs(changes)).perMillionByDeliver.get('DynamoDB, reads and writes') ?? Number.NaN;

    expect(more({ slow }) - more({})).toBeCloseTo(4 * 0.625);
  });
});

describe('the cost of an idle month', () => {
  it('has ten cents for each metric of an alarm, and a dollar for a key', () => {
    const { idleMonth } = costOf(inputs({ parts: { ...PARTS, keys: 1 } }));

    expect(idleMonth.get('CloudWatch alarms')).toBeCloseTo(2);
    expect(idleMonth.get('KMS')).toBe(1);
  });

  it('has a sweep in each minute, and polls of both queues four times a minute by five pollers', () => {
    const { idleMonth } = costOf(inputs({ sweep: [aCall('DynamoDB', 'Query', 4)] }));

    expect(idleMonth.get('EventBridge Scheduler')).toBeCloseTo(0.0438);
    expect(idleMonth.get('DynamoDB, reads of sweep')).toBeCloseTo(0.0438 * 4 * 0.125);
    expect(idleMonth.get('SQS, polls of two empty queues')).toBeCloseTo(3 * 5 * 0.0438 * 0.9);
  });
});

describe('the cost of an idle month in an account with nothing else', () => {
  const alone = (changes: Partial<CostInputs> = {}) => costOf(inputs(changes)).idleMonthAlone;

  it('has the runs of sweep and ten metrics of alarms free', () => {
    const month = alone();

    expect(month.get('Lambda, sweep')).toBe(0);
    expect(month.get('EventBridge Scheduler')).toBe(0);
    expect(month.get('CloudWatch alarms')).toBeCloseTo((20 - 10) * 0.1);
    expect(alone({ parts: { ...PARTS, alarmMetrics: 8 } }).get('CloudWatch alarms')).toBe(0);
  });

  it('has a million of the polls free', () => {
    const polls = 2 * 3 * 5 * 0.0438;

    expect(alone().get('SQS, polls of two empty queues')).toBeCloseTo((polls - 1) * 0.45, 3);
  });

  it('has no reads of a table and no key free', () => {
    const month = alone({ sweep: [aCall('DynamoDB', 'Query', 4)], parts: { ...PARTS, keys: 1 } });

    expect(month.get('DynamoDB, reads of sweep')).toBeCloseTo(0.0438 * 4 * 0.125);
    expect(month.get('KMS')).toBe(1);
  });
});

describe('the parts of the template', () => {
  it('follow the settings: an alarm more, with both of its metrics, and a key', () => {
    const usual = partsOf(synthesizeTemplate().template);
    const more = partsOf(
      synthesizeTemplate({ silenceHours: '24', encryptionKey: 'customer', fanOutMemoryMb: '1024' }).template,
    );

    expect(more.alarms).toBe(usual.alarms + 1);
    expect(more.alarmMetrics).toBe(usual.alarmMetrics + 2);
    expect([usual.keys, more.keys]).toEqual([0, 1]);
    expect([usual.memoryMb.fanOut, more.memoryMb.fanOut]).toEqual([512, 1024]);
  });
});

function unitsOf(calls: readonly Call[], table: CostInputs['table']) {
  const units = { 'rows written': 0, 'index entries': 0, reads: 0, 'SQS requests': 0 };
  return Object.assign(
    units,
    Object.fromEntries(chargesOf(calls, table).charges.map(({ what, units }) => [what, units])),
  );
}

describe('the cost of the deployed relay', () => {
  const month = { events: 1_000_000, endpoints: 2, items: 3 };
  const { template } = synthesizeTemplate();
  let counted: CostInputs;
  let cost: Cost;
  beforeAll(async () => {
    counted = await countCost(template, month);
    cost = costOf(counted);
  });

  // The lock of the endpoint is taken and released. The delivery gets a row with two index entries, a lease and a result;
  // the event gets the outcome; and the row leaves the `owed` list.
  it('has ten writes more for a delivery that fan-out leaves to deliver', () => {
    const { event, slow, table } = counted;
    const usual = unitsOf([...event.ingest, ...event.fanOut], table);
    const fanOut = unitsOf([...slow.event.ingest, ...slow.event.fanOut], table);
    const deliver = unitsOf(slow.deliver, table);

    expect(fanOut['rows written'] - usual['rows written']).toBe(1);
    expect(fanOut['index entries'] - usual['index entries']).toBe(2);
    expect(deliver).toEqual({ 'rows written': 6, 'index entries': 1, reads: 5, 'SQS requests': 2 });
  });

  it('prints them by service', () => {
    const table = costTable(cost, counted, month);

    expect(table).toMatch(/^each delivery that fan-out leaves to deliver +per million$/m);
    expect(table).toMatch(new RegExp(`more than .* ${totalOf(cost.perMillionByDeliver).toFixed(2)}$`, 'm'));
  });

  it('is in the README, to the dollar, and to ten cents when idle', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, idle] = /about ([\d.]+) dollars a month\s+when idle/.exec(readme) ?? [];
    const [, million] = /about (\d+) dollars per\s+million webhooks/.exec(readme) ?? [];
    const [, alone] = /about ([\d.]+) dollars in an\s+account with nothing else/.exec(readme) ?? [];

    expect(Math.abs(totalOf(cost.idleMonth) - Number(idle))).toBeLessThan(0.1);
    expect(Math.abs(totalOf(cost.idleMonthAlone) - Number(alone))).toBeLessThan(0.05);
    expect(Math.abs(totalOf(cost.perMillionEvents) - Number(million))).toBeLessThan(1);

    const [, delivered] = /about (\d+) dollars per million deliveries/.exec(readme) ?? [];
    expect(Math.abs(totalOf(cost.perMillionByDeliver) - Number(delivered))).toBeLessThan(0.5);
  });

  it('is the same for five endpoints, but for the traffic to them', async () => {
    const event = await countEvent(template, { ...month, endpoints: 5 });
    const five = costOf({ ...counted, event });
    const withoutTraffic = ({ perMillionEvents }: Cost) =>
      [...perMillionEvents].filter(([service]) => service !== 'Traffic to endpoints');

    expect(withoutTraffic(five)).toEqual(withoutTraffic(cost));
  });

  it('is printed by service, for a million webhooks and for the month', () => {
    const table = costTable(cost, counted, { ...month, events: 500_000 });

    expect(table).toMatch(/^ {2}API Gateway +1\.00 +0\.50$/m);
    expect(table).toMatch(/^ {2}CloudWatch alarms +0\.80 +0\.00$/m);
    expect(table).toMatch(/^500,000 webhooks a month +\d+\.\d\d$/m);
    expect(table).toContain('https://aws.amazon.com/sqs/pricing/');
  });
});
