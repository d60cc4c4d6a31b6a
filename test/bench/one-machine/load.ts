/** Sends webhooks to a relay and measures what becomes of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { epochMs } from '../../../lib/emulator/lambda/invocation.ts';
import type { Receivers } from '../receivers.ts';
import type { Webhook } from '../webhooks.ts';
import type { MeasuredProcess } from './measured-process.ts';

export interface Subject {
  readonly process: MeasuredProcess;
  /** The webhook address; an order id follows it. */
  readonly address: string;
  readonly receivers: Receivers;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export interface Figures {
  /** From the first webhook until every endpoint has everything. */
  readonly eventsPerSecond: number;
  /** From sending a webhook to its answer. */
  readonly ackMs: Percentiles;
  /** From sending a webhook until the last endpoint has it. */
  readonly endToEndMs: Percentiles;
  /** Of the measured process alone. */
  readonly cpuMsPerEvent: number;
  /** Requests that an endpoint got although it had the event. */
  readonly repeated: number;
}

interface Sent {
  readonly eventId: string;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

type Send = (webhook: Webhook) => Promise<Sent>;

const acceptedSchema = z.looseObject({ eventId: z.string() });

/** So many webhooks are on their way at once. The webhooks of an order follow each other, as the Hub sends them. */
export function measureConcurrent(
  subject: Subject,
  webhooks: readonly Webhook[],
  concurrency: number,
): Promise<Figures> {
  return measure(subject, webhooks, async (send) => {
    const orders = [...new Set(webhooks.map(({ orderId }) => orderId))];
    const laneOf = new Map(orders.map((orderId, index) => [orderId, index % concurrency]));
    const lanes = Map.groupBy(webhooks, ({ orderId }) => laneOf.get(orderId));
    const sent = await Promise.all([...lanes.values()].map((lane) => inTurn(lane, send)));
    return sent.flat();
  });
}

/** A webhook leaves at each tick, whether or not the ones before it were answered. */
export function measureAtRate(
  subject: Subject,
  webhooks: readonly Webhook[],
  perSecond: number,
): Promise<Figures> {
  return measure(subject, webhooks, async (send) => {
    const startedAtMs = performance.now();
    const sending: Promise<Sent>[] = [];
    for (const [index, webhook] of webhooks.entries()) {
      const waitMs = startedAtMs + (index * 1_000) / perSecond - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      sending.push(send(webhook));
    }
    return Promise.all(sending);
  });
}

async function inTurn(webhooks: readonly Webhook[], send: Send): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (const webhook of webhooks) sent.push(await send(webhook));
  return sent;
}

async function measure(
  { process: measured, address, receivers }: Subject,
  webhooks: readonly Webhook[],
  sendAll: (send: Send) => Promise<Sent[]>,
): Promise<Figures> {
  const agent = new Agent();
  const before = await measured.usage();
  const startedAtMs = epochMs();
  try {
    const [sent, { lastAtMs, repeated }] = await Promise.all([
      sendAll((webhook) => post(agent, address, webhook)),
      receivers.haveAll(webhooks.length),
    ]);
    const after = await measured.usage();
    const endToEnd = sent.map(({ eventId, sentAtMs }) => {
      const arrivedAtMs = lastAtMs.get(eventId);
      if (arrivedAtMs === undefined) throw new Error(`The endpoints got something else than ${eventId}`);
      return arrivedAtMs - sentAtMs;
    });
    return {
      eventsPerSecond: (webhooks.length / (Math.max(...lastAtMs.values()) - startedAtMs)) * 1_000,
      ackMs: percentiles(sent.map(({ sentAtMs, answeredAtMs }) => answeredAtMs - sentAtMs)),
      endToEndMs: percentiles(endToEnd),
      cpuMsPerEvent: (after.cpuMs - before.cpuMs) / webhooks.length,
      repeated,
    };
  } finally {
    await agent.close();
  }
}

/** @throws Error unless the webhook is accepted */
async function post(agent: Agent, address: string, { orderId, body }: Webhook): Promise<Sent> {
  const sentAtMs = epochMs();
  const answer = await request(`${address}${orderId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    dispatcher: agent,
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`A webhook was answered ${answer.statusCode}: ${text}`);
  return { eventId: acceptedSchema.parse(JSON.parse(text)).eventId, sentAtMs, answeredAtMs: epochMs() };
}

/** By nearest rank. */
function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
