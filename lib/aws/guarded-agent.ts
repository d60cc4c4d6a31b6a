/** What everything goes through that is sent to addresses which people typed in. */
import { Agent, buildConnector } from 'undici';
import type { AddressGuard, AddressRefusedError } from './address-guard.ts';

const ANSWER_HEADERS_LIMIT_BYTES = 16 * 1024;

/** Takes requests to the addresses that the guard allows. Each has its own deadline, and an answer it reads itself. */
export function guardedAgent(guard: AddressGuard): Agent {
  return new Agent({
    // A new connection for each attempt: a frozen function's kept ones are closed by the other side unnoticed, and a
    // POST that dies on such a one cannot be told from one that was received.
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: ANSWER_HEADERS_LIMIT_BYTES,
    connect: guardedConnector(guard),
  });
}

/** Connects to what was checked, and to nothing else: an address as it is typed, a name as it was looked up. */
function guardedConnector(guard: AddressGuard): buildConnector.connector {
  return (options, callback) => {
    const { protocol, hostname, port } = options;
    const target = { protocol, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
    try {
      guard.checkHost(hostname, target);
    } catch (refusal) {
      callback(refusal as AddressRefusedError, null);
      return;
    }
    // The deadline of the whole attempt is the only one.
    const lookup = guard.lookupFor(target);
    const connect = buildConnector({ timeout: 0, allowH2: false, minVersion: 'TLSv1.2', lookup });
    connect(options, callback);
  };
}
