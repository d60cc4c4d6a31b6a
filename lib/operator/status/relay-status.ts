/** The state of a relay at a glance: the Hub, every endpoint, and what needs attention. Every read is bounded. */
import { after } from '../../relay/model/clock.ts';
import { knownEndpointIds } from '../deliveries/known-endpoints.ts';
import { listEndpoints } from '../endpoints/endpoints.ts';
import { listSources } from '../sources/sources.ts';
import { type Attention, readAttention } from './attention.ts';
import { readSample, type Sample } from './delivery-sample.ts';
import { type EndpointStatus, endpointStatuses } from './endpoint-status.ts';
import { type HubStatus, hubStatus } from './hub-status.ts';
import { recentWebhooks } from './recent-webhooks.ts';
import type { StatusConnection } from './status-connection.ts';

export interface RelayStatus {
  /** When it was read. */
  readonly at: Date;
  readonly hub: HubStatus;
  /** By id. Removed endpoints are listed while a delivery to them waits or needs attention. */
  readonly endpoints: readonly EndpointStatus[];
  readonly attention: Attention;
  /** The webhooks that the shares and times of the endpoints cover. */
  readonly sample: Sample['range'];
}

export interface StatusLimits {
  /** Webhooks and other events to count at most. */
  readonly countedEvents?: number;
  /** The newest webhooks whose deliveries are read. */
  readonly sampledWebhooks?: number;
}

const COUNTED_EVENTS = 10_000;
const SAMPLED_WEBHOOKS = 200;
const DAY_MS = 24 * 60 * 60_000;
/** The newest webhooks are looked for in these days. */
const SAMPLE_DAYS = 7;

/** The number of rows that it reads does not grow with the number of stored events. */
export async function relayStatus(
  connection: StatusConnection,
  { countedEvents = COUNTED_EVENTS, sampledWebhooks = SAMPLED_WEBHOOKS }: StatusLimits = {},
): Promise<RelayStatus> {
  const at = connection.clock.now();
  const [listed, sources, known, recent] = await Promise.all([
    listEndpoints(connection),
    listSources(connection),
    knownEndpointIds(connection),
    recentWebhooks(connection.eventReader, {
      now: at,
      countSince: after(at, -DAY_MS),
      since: after(at, -SAMPLE_DAYS * DAY_MS),
      countedEvents,
      sampledWebhooks,
    }),
  ]);
  const [hub, sample, attention] = await Promise.all([
    hubStatus(connection, recent, sources, at),
    readSample(connection, recent.newest, [...known]),
    readAttention(connection, { endpoints: listed, sources }, at),
  ]);
  const endpoints = await endpointStatuses(connection, { listed, known, sample });
  return { at, hub, endpoints, attention, sample: sample.range };
}
