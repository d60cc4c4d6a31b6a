/** The address that a Hub account is given: whoever knows it may send webhooks. */
import { randomBytes } from 'node:crypto';
import { sha256Hex } from '../../relay/model/ids.ts';
import type { RelayDescription } from '../connection.ts';

/** 256 bits: nobody guesses it. */
const TOKEN_BYTES = 32;

export interface NewToken {
  readonly token: string;
  /** All that is ever stored of it. */
  readonly tokenSha256: string;
}

export function newToken(): NewToken {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return { token, tokenSha256: sha256Hex(token) };
}

/** Ready to paste: the Hub appends the order id, so the address has to end in `?orderid=`. */
export function webhookAddress({ webhookBaseAddress }: RelayDescription, token: string): string {
  return `${webhookBaseAddress.replace(/\/*$/, '/')}${token}?orderid=`;
}

/** The token of an address that {@link webhookAddress} made. */
export function tokenOf(address: string): string | undefined {
  return /\/([\w-]+)\?orderid=$/.exec(address)?.[1];
}
