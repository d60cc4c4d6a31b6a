/** Whether an endpoint can be sent anything at all as things stand, and what it would wait for. */

import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { blockOf } from '../../relay/health/admission.ts';
import { after } from '../../relay/model/clock.ts';
import type { Connection } from '../connection.ts';
import { type ListedEndpoint, listEndpoints, showEndpoint } from '../endpoints/endpoints.ts';
import { NotPossibleError } from '../errors.ts';
import { idOf } from '../listing.ts';
import type { Run } from '../long-run.ts';

/** The functions read the Config table again after ten seconds; two more are for clocks and for reads that lag. */
const HEARD_WITHIN_MS = 12_000;
/** Who presses Ctrl-C meanwhile need not wait for long. */
const LOOK_UP_EVERY_MS = 500;

/** An endpoint that gets what is owed to it, sooner or later. */
export interface Receiver {
  readonly endpoint: Endpoint;
  /** Why later: `it is paused`. */
  readonly waits?: string;
}

/**
 * @throws NotFoundError
 * @throws NotPossibleError when what it is owed would only be cancelled
 */
export async function findReceiver(
  connection: Pick<Connection, 'configTable' | 'configWriter'>,
  id: string,
): Promise<Receiver> {
  const judged = judge(await showEndpoint(connection, id));
  if (judged instanceof NotPossibleError) throw judged;
  return judged;
}

/** All that there are, and why the others are none. */
export async function listReceivers(
  connection: Pick<Connection, 'configTable'>,
): Promise<{ able: Receiver[]; unable: NotPossibleError[] }> {
  const judged = (await listEndpoints(connection)).map(judge);
  return {
    able: judged.flatMap((one) => (one instanceof NotPossibleError ? [] : [one])),
    unable: judged.filter((one) => one instanceof NotPossibleError),
  };
}

function judge(listed: ListedEndpoint): Receiver | NotPossibleError {
  const id = idOf(listed);
  if ('invalid' in listed) {
    const hint = `\`endpoints show ${id}\` shows it; it is mended in the DynamoDB console, or removed and added anew.`;
    return new NotPossibleError(`the row of the endpoint ${id} is wrong: ${listed.invalid.reason}`, hint);
  }
  const { valid: endpoint, health } = listed;
  const enable = `\`endpoints enable ${id}\` has it sent to again.`;
  const later = (waits: string): Receiver => ({ endpoint, waits });
  switch (blockOf(endpoint, health)) {
    case 'disabled': {
      const reason = health?.state === 'disabled' ? `: ${health.reason ?? 'no reason was recorded'}` : '';
      return new NotPossibleError(`the endpoint ${id} is disabled${reason}`, enable);
    }
    case 'paused':
      return later(`${id} is paused: it waits until \`endpoints resume ${id}\``);
    case 'failing':
      return later(
        `${id} does not answer: it waits until a probe succeeds, or until \`endpoints enable ${id}\``,
      );
    case undefined:
      return { endpoint };
  }
}

/**
 * Waits until the functions go by the endpoints' rows as they are now: what is owed to one that was off a moment ago
 * would be cancelled once more.
 */
export async function waitUntilHeard(
  { clock }: Pick<Connection, 'clock'>,
  receivers: readonly Receiver[],
  { signal, onProgress }: Run = {},
): Promise<void> {
  const heardAtMs = Math.max(0, ...receivers.map(({ endpoint }) => heardBy(endpoint).getTime()));
  const untilMs = Math.min(heardAtMs, clock.now().getTime() + HEARD_WITHIN_MS);
  for (;;) {
    const waitMs = untilMs - clock.now().getTime();
    if (waitMs <= 0 || signal?.aborted) return;
    onProgress?.(`an endpoint was changed just now; the relay goes by it in ${Math.ceil(waitMs / 1000)} s`);
    await clock.sleep(Math.min(waitMs, LOOK_UP_EVERY_MS));
  }
}

/** One that was never changed is not mistaken for another: the functions look twice for one that they do not know. */
function heardBy({ createdAt, updatedAt }: Endpoint): Date {
  const changedAt = updatedAt === undefined || updatedAt === createdAt ? Number.NaN : Date.parse(updatedAt);
  return Number.isNaN(changedAt) ? new Date(0) : after(new Date(changedAt), HEARD_WITHIN_MS);
}
