/** The estimate of AWS's bill as text. */

import { type ByService, type Cost, type CostInputs, metricsCost, totalOf } from './cost-model.ts';
import type { Load } from './count-cost.ts';
import { ALWAYS_FREE, PRICES } from './prices.ts';

export interface Month extends Load {
  readonly events: number;
}

const SERVICE_WIDTH = 48;
const AMOUNT_WIDTH = 14;

export function costTable(cost: Cost, { event, parts }: CostInputs, month: Month): string {
  const { events, endpoints, items } = month;
  const share = events / 1e6;
  const { perMillionEvents, perMillionByDeliver, idleMonth, idleMonthAlone } = cost;
  const idle = totalOf(idleMonth);
  const metrics = metricsCost(event.metrics.size);
  const total = totalOf(perMillionEvents) * share + metrics.usd + idle;
  return [
    `Estimated AWS charges in us-east-1, in US dollars, without free tiers: webhooks of ${event.bodyBytes.toLocaleString('en-US')} bytes`,
    `for orders of ${counted(items, 'item')}, to ${counted(endpoints, 'endpoint')} of which each answers quickly`,
    '',
    line('each webhook', ['per million', 'per month']),
    ...rows(perMillionEvents, share),
    line('in all', [money(totalOf(perMillionEvents)), money(totalOf(perMillionEvents) * share)]),
    '',
    line('each month', ['', 'per month', 'free tier']),
    ...[...idleMonth]
      .filter(([, usd]) => usd > 0)
      .map(([service, usd]) =>
        line(`  ${service}`, ['', money(usd), money(idleMonthAlone.get(service) ?? 0)]),
      ),
    line(`idle (${parts.alarms} alarms on ${parts.alarmMetrics} metrics)`, [
      '',
      money(idle),
      money(totalOf(idleMonthAlone)),
    ]),
    line(`  ${event.metrics.size} custom metrics, with webhooks in every hour`, [
      '',
      money(metrics.usd),
      money(metrics.usdAlone),
    ]),
    '',
    line(`${events.toLocaleString('en-US')} webhooks a month`, ['', money(total)]),
    '',
    line('each delivery that fan-out leaves to deliver', ['per million']),
    ...[...perMillionByDeliver].map(([service, usd]) => line(`  ${service}`, [money(usd)])),
    line('more than one that fan-out makes', [money(totalOf(perMillionByDeliver))]),
    '',
    'An example is a delivery to a slow endpoint. A retry costs about as much.',
    'The health of an endpoint is one write in five minutes: at most half a cent a month.',
    `The column "free tier" is for an account with nothing else in it: ${ALWAYS_FREE.alarmMetrics} metrics of alarms, ${ALWAYS_FREE.metrics} custom metrics,`,
    'a million SQS requests and all runs of sweep are free in each month, without an end.',
    'Prices:',
    ...sources().map((source) => `  ${source}`),
  ].join('\n');
}

function rows(perMillion: ByService, share: number): string[] {
  return [...perMillion].map(([service, usd]) => line(`  ${service}`, [money(usd), money(usd * share)]));
}

function line(name: string, cells: readonly string[]): string {
  return `${name.padEnd(SERVICE_WIDTH)}${cells.map((cell) => cell.padStart(AMOUNT_WIDTH)).join('')}`.trimEnd();
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function money(usd: number): string {
  return usd.toFixed(2);
}

function sources(): string[] {
  return [...new Set(Object.values(PRICES).map(({ source }) => source))];
}
