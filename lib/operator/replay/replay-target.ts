/** An endpoint as the target of a replay or a retry: whether it receives deliveries, and why it receives them later. */

import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { blockOf } from '../../relay/health/admission.ts';
import { after } from '../../relay/model/clock.ts';
import type { BulkRun } from '../bulk-run.ts';
import { idOf } from '../config-rows.ts';
import type { Connection } from '../connection.ts';
import { findEndpointId } from '../deliveries/known-endpoints.ts';
import { type ListedEndpoint, listEndpoints, showEndpoint } from '../endpoints/endpoints.ts';
import { NotFoundError, NotPossibleError } from '../errors.ts';

/** The functions cache the Config table for ten seconds. Two more seconds cover clock differences and slow reads. */
const CONFIG_CACHE_MS = 12_000;
/** Ctrl-C ends the wait within this time. */
const POLL_INTERVAL_MS = 500;

/** An endpoint that receives its pending deliveries, now or later. */
export interface ReplayTarget {
  readonly endpoint: Endpoint;
  /** Why it receives them later: `erp is paused: …`. */
  readonly waitReason?: string;
}

/**
 * @throws NotFoundError
 * @throws NotPossibleError when the relay would cancel the deliveries, or the endpoint was removed
 */
export async function findReplayTarget(
  connection: Pick<Connection, 'clock' | 'configTable' | 'configWriter' | 'eventReader'>,
  id: string,
): Promise<ReplayTarget> {
  const target = toTarget(await showOrExplain(connection, id));
  if (target instanceof NotPossibleError) throw target;
  return target;
}

/** An endpoint without a row, but with deliveries, was removed. */
async function showOrExplain(
  connection: Pick<Connection, 'clock' | 'configTable' | 'configWriter' | 'eventReader'>,
  id: string,
): Promise<ListedEndpoint> {
  try {
    return await showEndpoint(connection, id);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    await findEndpointId(connection, id);
    throw new NotPossibleError(
      `the endpoint ${id} was removed, so nothing can be sent to it`,
      `\`endpoints add --id ${id} --url <url>\` adds it again. Then run the command again.`,
    );
  }
}

/** All endpoints that can be targets, and the reasons for the others. */
export async function listReplayTargets(
  connection: Pick<Connection, 'clock' | 'configTable'>,
): Promise<{ targets: ReplayTarget[]; excluded: NotPossibleError[] }> {
  const all = (await listEndpoints(connection)).map(toTarget);
  return {
    targets: all.flatMap((one) => (one instanceof NotPossibleError ? [] : [one])),
    excluded: all.filter((one) => one instanceof NotPossibleError),
  };
}

function toTarget(listed: ListedEndpoint): ReplayTarget | NotPossibleError {
  const id = idOf(listed);
  if ('invalid' in listed) {
    const hint = `\`endpoints show ${id}\` shows it. Fix it in the DynamoDB console, or remove the endpoint and add it again.`;
    return new NotPossibleError(`the row of the endpoint ${id} is invalid: ${listed.invalid.reason}`, hint);
  }
  const { valid: endpoint, health } = listed;
  const later = (waitReason: string): ReplayTarget => ({ endpoint, waitReason });
  switch (blockOf(endpoint, health)) {
    case 'disabled': {
      const reason = health?.state === 'disabled' ? `: ${health.reason ?? 'no reason was recorded'}` : '';
      const hint = `\`endpoints enable ${id}\` enables it.`;
      return new NotPossibleError(`the endpoint ${id} is disabled${reason}`, hint);
    }
    case 'paused':
      return later(`${id} is paused: its deliveries are parked until \`endpoints resume ${id}\``);
    case 'failing':
      return later(
        `${id} is failing: its deliveries are parked until a probe succeeds, or until \`endpoints enable ${id}\``,
      );
    case undefined:
      return { endpoint };
  }
}

/**
 * Waits until the functions have read the endpoints' current rows. With an older row, they would cancel the deliveries
 * of an endpoint that was disabled a moment ago.
 */
export async function waitForConfigCache(
  { clock }: Pick<Connection, 'clock'>,
  targets: readonly ReplayTarget[],
  { signal, onProgress }: BulkRun = {},
): Promise<void> {
  const cachedUntilMs = Math.max(0, ...targets.map(({ endpoint }) => cachedUntil(endpoint).getTime()));
  const untilMs = Math.min(cachedUntilMs, clock.now().getTime() + CONFIG_CACHE_MS);
  for (;;) {
    const waitMs = untilMs - clock.now().getTime();
    if (waitMs <= 0 || signal?.aborted) return;
    onProgress?.(`an endpoint changed just now; the relay uses the change in ${Math.ceil(waitMs / 1000)} s`);
    await clock.sleep(Math.min(waitMs, POLL_INTERVAL_MS));
  }
}

/** A new endpoint needs no wait: the functions reread the table before they cancel for an unknown endpoint. */
function cachedUntil({ createdAt, updatedAt }: Endpoint): Date {
  const changedAt = updatedAt === undefined || updatedAt === createdAt ? Number.NaN : Date.parse(updatedAt);
  return Number.isNaN(changedAt) ? new Date(0) : after(new Date(changedAt), CONFIG_CACHE_MS);
}
