/** A whole relay in memory, driven by hand: webhooks go in, functions run when a test says so. */

import { Config } from '../../lib/relay/config.ts';
import { deliver } from '../../lib/relay/deliver/deliver.ts';
import { sourceIdSchema } from '../../lib/relay/endpoint/source.ts';
import { fanOut } from '../../lib/relay/fan-out/fan-out.ts';
import { type IngestAnswer, ingest } from '../../lib/relay/ingest.ts';
import { Deadline, type Random } from '../../lib/relay/model/clock.ts';
import type { Delivery, DeliveryKey } from '../../lib/relay/model/delivery.ts';
import type { EventRecord } from '../../lib/relay/model/event.ts';
import {
  type EndpointId,
  type EventId,
  type OrderKey,
  orderKeyOf,
  sha256Hex,
} from '../../lib/relay/model/ids.ts';
import type { OutgoingRequest, Sender, SendResult } from '../../lib/relay/ports/outgoing.ts';
import type { EventMessage } from '../../lib/relay/ports/queues.ts';
import { SecretCache } from '../../lib/relay/secrets/secret-cache.ts';
import { sweep } from '../../lib/relay/sweep/sweep.ts';
import { MemoryConfigTable } from '../memory/config-table.ts';
import { MemoryEventLog } from '../memory/event-log.ts';
import { MemoryExpressions } from '../memory/expressions.ts';
import { MemoryDeliveryQueue, MemoryEventQueue } from '../memory/queues.ts';
import { MemorySecrets } from '../memory/secrets.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { MemoryTokenIssuer } from '../memory/token-issuer.ts';
import { outcomeTexts } from './outcome-texts.ts';
import { StandingClock } from './standing-clock.ts';

export const TOKEN = 'a-token'.padEnd(43, '-');
export const SOURCE = sourceIdSchema.parse('main');
export const ORDER = orderKeyOf(SOURCE, '1');

/** Answers as it is told, by host name of the endpoint's URL; 200 unless told otherwise. */
class MemorySender implements Sender {
  readonly requests: OutgoingRequest[] = [];
  readonly answers = new Map<string, SendResult | ((request: OutgoingRequest) => Promise<SendResult>)>();

  async post(request: OutgoingRequest): Promise<SendResult> {
    this.requests.push(request);
    const answer = this.answers.get(new URL(request.url).hostname);
    return typeof answer === 'function' ? answer(request) : (answer ?? OK);
  }

  to(hostname: string): OutgoingRequest[] {
    return this.requests.filter(({ url }) => new URL(url).hostname === hostname);
  }

  /** The event ids that a host was sent, in order. */
  eventsTo(hostname: string): (string | undefined)[] {
    return this.to(hostname).map(({ headers }) => headers['webhook-id']);
  }
}

export const OK: SendResult = { kind: 'answer', status: 200, text: 'ok' };
/** It speaks of what was sent, not of the endpoint. */
export const REFUSED: SendResult = { kind: 'answer', status: 400, text: 'no' };
export const UNAVAILABLE: SendResult = { kind: 'answer', status: 503, text: 'busy' };
export const GONE: SendResult = { kind: 'answer', status: 410, text: 'gone' };

/** Lets everything go on that can, without any time passing. */
export const everythingIsWaiting = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function aRelay() {
  const clock = new StandingClock();
  const telemetry = new MemoryTelemetry();
  const configTable = new MemoryConfigTable();
  const eventLog = new MemoryEventLog(clock);
  const eventQueue = new MemoryEventQueue(clock.unmoved);
  const deliveryQueue = new MemoryDeliveryQueue(clock.unmoved);
  const sender = new MemorySender();
  const secrets = new MemorySecrets();
  const tokenIssuer = new MemoryTokenIssuer();
  const secretCache = new SecretCache({ clock, secrets, tokenIssuer });
  const expressions = new MemoryExpressions();
  const config = new Config(configTable, clock, telemetry);
  let draw: Random = () => 0.5;
  const random = () => draw();
  const stores = { config, eventLog, eventQueue, deliveryQueue };
  const relay = { clock, random, telemetry, ...stores, secretCache, sender, expressions };
  /** Messages that the functions returned to the queues. */
  const returned: { events: EventMessage[]; deliveries: DeliveryKey[] } = { events: [], deliveries: [] };
  configTable.put('source', SOURCE, { tokenSha256: sha256Hex(TOKEN) });

  const deadline = () => new Deadline(clock, 120_000);
  return {
    ...relay,
    relay,
    configTable,
    returned,
    secrets,
    tokenIssuer,
    deadline,
    /** A function in an execution environment of its own: what it has read and seen is its own affair. */
    another: () => ({ ...relay, config: new Config(configTable, clock, telemetry) }),
    /** Decides what is left to chance. */
    draws(next: Random): void {
      draw = next;
    },
    /** An endpoint that has answered quickly before; its URL's host is its id unless given. */
    endpoint(id: string, attributes: Record<string, unknown> = {}): void {
      this.newEndpoint(id, attributes);
      const now = clock.now().toISOString();
      const answered = { lastSuccessAt: now, lastAnswer: '200', lastAnswerAt: now };
      this.health(id, { state: 'ok', provenAt: now, ...answered, version: 1 });
    },
    /** An endpoint that was never sent anything. */
    newEndpoint(id: string, attributes: Record<string, unknown> = {}): void {
      configTable.put('endpoint', id, { url: `https://${id}/hook?orderid=`, ...attributes });
    },
    health(id: string, attributes: Record<string, unknown>): void {
      configTable.put('health', id, attributes);
    },
    /** The health row as it stands. */
    async healthOf(id: string) {
      return (await configTable.healthRow(id as EndpointId))?.attributes ?? {};
    },
    /** A webhook of the order 1, unless it says otherwise. */
    async webhook(body: unknown = { Id: '1' }, query = ''): Promise<IngestAnswer> {
      clock.advance(1);
      const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      return ingest(relay, { token: TOKEN, rawQuery: query, contentType: 'application/json', body: bytes });
    },
    /** The webhook's event id; fails when it was not accepted. */
    async accepted(body: unknown = { Id: '1' }): Promise<EventId> {
      const answer = await this.webhook(body);
      if (answer.kind !== 'accepted') throw new Error(`webhook was not accepted: ${answer.kind}`);
      return answer.eventId;
    },
    /** Runs fan-out on what is queued; gives back the messages it returned. */
    fanOut: () => fanOut(relay, eventQueue.take()),
    /** Runs deliver on what is queued and due; gives back the messages it returned. */
    deliver: () => deliver(relay, deliveryQueue.take(), deadline()),
    sweep: () => sweep(relay, deadline()),
    /** Fan-out and deliver as long as there is something for them; what they return they receive in the next run. */
    async work(): Promise<void> {
      let events: EventMessage[] = returned.events
        .splice(0)
        .map((each) => ({ ...each, receivedBefore: true }));
      let deliveries: DeliveryKey[] = returned.deliveries.splice(0);
      for (;;) {
        events.push(...eventQueue.take());
        deliveries.push(...deliveryQueue.take());
        if (events.length === 0 && deliveries.length === 0) return;
        returned.events.push(...(await fanOut(relay, events)));
        returned.deliveries.push(...(await deliver(relay, deliveries, deadline())));
        [events, deliveries] = [[], []];
      }
    },
    /** So many minutes pass, with a sweep and all the work there is every minute, or less often. */
    async run(minutes: number, everyMinutes = 1): Promise<void> {
      for (let minute = 0; minute < minutes; minute += everyMinutes) {
        this.minutes(everyMinutes);
        await this.sweep();
        await this.work();
      }
    },
    /** A minute passes, and longer config caches than that do not exist. */
    minutes(count: number): void {
      clock.advance(count * 60_000);
    },
    /** An event's outcomes as people read them, by endpoint id. */
    async outcomes(eventId: EventId, orderKey: OrderKey = ORDER): Promise<Record<string, string>> {
      return outcomeTexts(await this.event(eventId, orderKey));
    },
    async event(eventId: EventId, orderKey: OrderKey = ORDER): Promise<EventRecord> {
      const event = await eventLog.event({ orderKey, eventId });
      if (event === undefined) throw new Error(`no event ${eventId}`);
      return event;
    },
    rows: (orderKey: OrderKey = ORDER): Promise<Delivery[]> => eventLog.deliveries(orderKey),
    /** The entries of a list in the owed index, whenever they are due. */
    owed: (owedTo: string) => eventLog.owed(owedTo, new Date('2100-01-01'), 1000),
  };
}
