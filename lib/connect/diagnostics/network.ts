/** Looks at a relay's network from this machine: its webhook address, and the hosts of its endpoints. */
import { promisify } from 'node:util';
import { AddressGuard, AddressRefusedError } from '../../node/http/address-guard.ts';
import type { AddressAnswer } from '../../operator/diagnostics.ts';

const ANSWER_TIMEOUT_MS = 10_000;
/** Shorter than any token, so that the relay refuses it without a look at its table. */
const NO_TOKEN = 'doctor';

/** Rejects with a sentence's end that says why there is no answer. */
export async function askAddress(webhookBaseAddress: string): Promise<AddressAnswer> {
  const response = await fetch(webhookBaseAddress + NO_TOKEN, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Error(`${reasonOf(error)} at ${new URL(webhookBaseAddress).origin}`, { cause: error });
  });
  await response.body?.cancel();
  const date = new Date(response.headers.get('date') ?? '');
  return { status: response.status, ...(!Number.isNaN(date.getTime()) && { date }) };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${ANSWER_TIMEOUT_MS / 1_000} s`;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
}

/** Undefined when the relay would connect to the URL's host. */
export async function faultOfUrl(url: string, allowedCidrs: readonly string[]): Promise<string | undefined> {
  const { protocol, hostname, port } = new URL(url);
  const target = { protocol, port: Number(port) || (protocol === 'http:' ? 80 : 443) };
  const guard = new AddressGuard(allowedCidrs);
  const host = hostname.replace(/^\[|\]$/g, '');
  try {
    guard.checkHost(host, target);
    await promisify(guard.lookupFor(target))(host, { all: true });
    return undefined;
  } catch (error) {
    if (error instanceof AddressRefusedError) return error.message;
    return `its host cannot be found (${error instanceof Error && 'code' in error ? error.code : 'it failed'})`;
  }
}
