/** Creates webhook addresses. An address contains a secret token. */
import { randomBytes } from 'node:crypto';
import { sha256Hex } from '../../relay/model/ids.ts';
import type { RelayDescription } from '../connection.ts';

/** 256 bits cannot be guessed. */
const TOKEN_BYTES = 32;

export interface NewToken {
  readonly token: string;
  /** The only stored form. */
  readonly tokenSha256: string;
}

export function newToken(): NewToken {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return { token, tokenSha256: sha256Hex(token) };
}

/** Ends in `?orderid=`, because the Hub appends the order id. */
export function webhookAddress({ webhookBaseAddress }: RelayDescription, token: string): string {
  return `${webhookBaseAddress.replace(/\/*$/, '/')}${token}?orderid=`;
}

/** The token of an address that {@link webhookAddress} made. */
export function tokenOf(address: string): string | undefined {
  return /\/([\w-]+)\?orderid=$/.exec(address)?.[1];
}
