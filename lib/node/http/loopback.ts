/** Recognizes requests of programs on this machine. */

export const LOOPBACK = '127.0.0.1';

/** True for a `Host` header that names this machine by its loopback, with or without a port. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
}
