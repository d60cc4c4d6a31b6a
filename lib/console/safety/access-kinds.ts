/** The two ways into the console. */
import { randomBytes } from 'node:crypto';

export type Access =
  /** The address `/?token=…` opens the console. For 127.0.0.1. */
  | { readonly kind: 'token'; readonly token: string }
  /** For a network. At least {@link PASSWORD_LENGTH} characters. */
  | { readonly kind: 'password'; readonly password: string };

export const PASSWORD_LENGTH = 12;

/** 256 bits cannot be guessed. */
export function newAccessToken(): string {
  return randomBytes(32).toString('base64url');
}
