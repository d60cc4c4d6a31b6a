/** The state of each endpoint: whether it gets its updates, and what waits for it. */
import { endpointIdSchema } from '../../relay/endpoint/endpoint-id.ts';
import type { Health } from '../../relay/health/health.ts';
import type { Attempt, Delivery } from '../../relay/model/delivery.ts';
import { isUnfinished } from '../../relay/model/delivery.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import { idOf } from '../config-rows.ts';
import { type BoundedCount, countNeedingAttention } from '../deliveries/delivery-counts.ts';
import { describeHealth, type EndpointHealth, type HealthWord } from '../endpoints/endpoint-health.ts';
import type { ListedEndpoint } from '../endpoints/endpoints.ts';
import type { EndpointSample, Sample } from './delivery-sample.ts';
import { withSharedEvents } from './shared-events.ts';
import type { StatusConnection } from './status-connection.ts';
import { type Waiting, waitingFor } from './waiting-deliveries.ts';

/**
 * The operator's setting if it stops deliveries, otherwise the relay's measurement.
 * - `removed`: it has no row any more, and deliveries are left.
 * - `invalid`: its row is invalid, and its deliveries wait until the row is fixed.
 * - `paused`, `disabled`: an operator stopped it. The relay itself may have disabled it, too.
 */
export type EndpointState = 'removed' | 'invalid' | 'paused' | HealthWord;

export interface EndpointStatus {
  readonly id: string;
  readonly description?: string;
  readonly url?: string;
  readonly state: EndpointState;
  /** Absent when the relay does not record it. */
  readonly since?: Date;
  /** Why it is invalid, failing or disabled. */
  readonly reason?: string;
  /** Absent until the relay has sent it a request. */
  readonly health?: EndpointHealth;
  /** The newest attempt among the deliveries that wait the longest; only while some wait. */
  readonly lastAttempt?: Attempt;
  readonly waiting: BoundedCount;
  /** Since when the oldest of them waits. */
  readonly oldestWaitingSince?: Date;
  readonly dead: BoundedCount;
  readonly cancelled: BoundedCount;
  readonly sample: EndpointSample;
}

interface StatusParts {
  readonly listed: readonly ListedEndpoint[];
  readonly known: ReadonlySet<EndpointId>;
  readonly sample: Sample;
}

export async function endpointStatuses(
  connection: StatusConnection,
  { listed, known, sample }: StatusParts,
): Promise<EndpointStatus[]> {
  const shared = { ...connection, eventReader: withSharedEvents(connection.eventReader) };
  const rows = new Map(listed.map((row) => [idOf(row), row]));
  const removed = [...known].filter((id) => !rows.has(id));
  const all = await Promise.all(
    [...rows.keys(), ...removed].map((id) => statusOf(shared, id, rows.get(id), sample)),
  );
  return all
    .filter(({ state, waiting, dead, cancelled }) => {
      return state !== 'removed' || waiting.count + dead.count + cancelled.count > 0;
    })
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

const NONE: BoundedCount = { count: 0, isMore: false };

async function statusOf(
  connection: StatusConnection,
  id: string,
  row: ListedEndpoint | undefined,
  sample: Sample,
): Promise<EndpointStatus> {
  // A row that a person wrote can have an id that no delivery can have.
  const endpointId = endpointIdSchema.safeParse(id).data;
  const [waiting, ended] =
    endpointId === undefined
      ? [
          { count: NONE, oldest: [] },
          { dead: NONE, cancelled: NONE },
        ]
      : await Promise.all([
          waitingFor(connection, endpointId),
          countNeedingAttention(connection, endpointId),
        ]);
  return {
    id,
    ...stateOf(row),
    ...(row !== undefined && 'valid' in row && describe(row.valid)),
    ...(row?.health !== undefined && { health: describeHealth(row.health) }),
    ...oldestOf(waiting),
    waiting: waiting.count,
    ...ended,
    sample: sample.of(id as EndpointId),
  };
}

function describe({ url, description }: { readonly url: string; readonly description?: string | undefined }) {
  return { url, ...(description !== undefined && { description }) };
}

export function stateOf(row: ListedEndpoint | undefined): Pick<EndpointStatus, 'state' | 'since' | 'reason'> {
  if (row === undefined) return { state: 'removed' };
  if ('invalid' in row) return { state: 'invalid', reason: row.invalid.reason };
  if (row.valid.state !== 'enabled') return { state: row.valid.state };
  if (row.health === undefined) return { state: 'new' };
  const { state, reason } = describeHealth(row.health);
  const since = sinceOf(state, row.health);
  return { state, ...(since !== undefined && { since }), ...(reason !== undefined && { reason }) };
}

function sinceOf(state: HealthWord, health: Health): Date | undefined {
  switch (state) {
    case 'failing':
      return health.failingSince;
    case 'disabled':
      // This answer disabled it: the relay sends nothing since.
      return health.lastAnswerAt;
    case 'refusing':
      return health.refusedSince;
    case 'recovering':
      return health.recoveredAt;
    case 'ok':
      return health.provenAt;
    case 'slow':
    case 'new':
      return undefined;
  }
}

function oldestOf({ oldest }: Waiting): Pick<EndpointStatus, 'oldestWaitingSince' | 'lastAttempt'> {
  const since = earliest(oldest.filter(isUnfinished).map(({ owedSince }) => owedSince));
  const lastAttempt = newestAttempt(oldest);
  return {
    ...(since !== undefined && { oldestWaitingSince: since }),
    ...(lastAttempt !== undefined && { lastAttempt }),
  };
}

function earliest(times: readonly Date[]): Date | undefined {
  return times.toSorted((one, other) => one.getTime() - other.getTime())[0];
}

function newestAttempt(deliveries: readonly Delivery[]): Attempt | undefined {
  return deliveries
    .flatMap(({ attempts }) => attempts.at(-1) ?? [])
    .toSorted((one, other) => other.at.getTime() - one.at.getTime())[0];
}
