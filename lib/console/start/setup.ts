/** How far a new relay has come: a source, an endpoint, a test, and the first webhook of the Hub. */
import { idOf } from '../../operator/config-rows.ts';
import type { Connection } from '../../operator/connection.ts';
import { listEndpoints } from '../../operator/endpoints/endpoints.ts';
import { readSavedAddress } from '../../operator/sources/saved-address.ts';
import { listSources } from '../../operator/sources/sources.ts';
import { after } from '../../relay/model/clock.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import { TESTS } from '../../relay/model/ids.ts';

export interface Setup {
  readonly sourceIds: readonly string[];
  /** Absent when the relay stores only its hash. */
  readonly address?: string;
  readonly endpointIds: readonly string[];
  /** The newest test event. */
  readonly test?: EventRecord;
  readonly hasWebhook: boolean;
}

const DAY_MS = 24 * 60 * 60_000;
/** Events are kept this long by default. */
const LOOKBACK_MS = 30 * DAY_MS;

export async function readSetup(connection: Connection): Promise<Setup> {
  const { clock, relay } = connection;
  const [sources, endpoints, address, hasWebhook] = await Promise.all([
    listSources(connection),
    listEndpoints(connection),
    readSavedAddress(relay),
    hasAnyWebhook(connection),
  ]);
  const [test] = hasWebhook
    ? []
    : await connection.eventReader.newest({ since: after(clock.now(), -DAY_MS), source: TESTS, limit: 1 });
  return {
    sourceIds: sources.map(idOf),
    endpointIds: endpoints.map(idOf),
    hasWebhook,
    ...(address !== undefined && { address }),
    ...(test !== undefined && { test }),
  };
}

/** Without tests and notices. */
async function hasAnyWebhook({ clock, eventLog }: Connection): Promise<boolean> {
  return (await eventLog.newestWebhook(after(clock.now(), -LOOKBACK_MS))) !== undefined;
}

export function isSetUp({ sourceIds, endpointIds, hasWebhook }: Setup): boolean {
  return sourceIds.length > 0 && endpointIds.length > 0 && hasWebhook;
}
