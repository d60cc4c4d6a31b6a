/** Whether deliver may serve an endpoint now: by the endpoint's row, its health, and whether it still has a row. */

import type { Endpoints } from '../config.ts';
import type { SendingRelay } from '../context.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EndpointId } from '../model/ids.ts';
import { type Admission, admissionOf } from './admission.ts';

export type Standing =
  | (Admission & { readonly endpoint: Endpoint })
  /** It has no row: deliveries that are old enough are cancelled. */
  | { readonly kind: 'removed' }
  /** Its row is invalid, or nobody knows what it says now: deliveries wait. */
  | { readonly kind: 'invalid' };

/** While the config cannot be read, nothing is cancelled because of rows that are older than this. */
const OLD_MS = 60_000;

/** The rows are read again before anything is put off or cancelled because of them. */
export async function standingOf(
  relay: Pick<SendingRelay, 'clock' | 'config'>,
  id: EndpointId,
): Promise<Standing> {
  const standing = judge(relay, id, await relay.config.endpoints());
  if (standing.kind === 'send') return standing;
  const endpoints = await relay.config.endpoints(true);
  const now = judge(relay, id, endpoints);
  const isEnd = now.kind === 'removed' || now.kind === 'cancel';
  const isOld = relay.clock.monotonicMs() - endpoints.readAtMs > OLD_MS;
  return isEnd && isOld ? { kind: 'invalid' } : now;
}

function judge(
  { config, clock }: Pick<SendingRelay, 'clock' | 'config'>,
  id: EndpointId,
  { valid, invalid }: Endpoints,
): Standing {
  if (invalid.some((row) => row.id === id)) return { kind: 'invalid' };
  const endpoint = valid.find((row) => row.id === id);
  if (endpoint === undefined) return { kind: 'removed' };
  return { ...admissionOf(endpoint, config.health.of(id), clock.now()), endpoint };
}
