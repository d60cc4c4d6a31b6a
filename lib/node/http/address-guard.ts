/**
 * Decides which addresses a webhook may be sent to: public ones, and blocks that the deployer allowed. People type in
 * the URLs of endpoints, and a function inside a cloud can reach internal services.
 */
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { faultOfCidr } from '../../contract/cidr.ts';
import { lookup as systemLookup } from './node-dns.ts';

/** The usual ports of public HTTPS servers. */
const PORTS = [443, 8443];
/** The global unicast block of IPv6 (https://www.iana.org/assignments/ipv6-address-space). */
const IPV6_GLOBAL = ipaddr.IPv6.parseCIDR('2000::/3');

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** The guard refuses the address. The message names the rule and no part of the URL. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = 'ADDRESS_REFUSED';
}

export interface Target {
  /** `https:` */
  readonly protocol: string;
  readonly port: number;
}

export class AddressGuard {
  readonly #allowed: readonly Block[];
  readonly #lookup: typeof systemLookup;

  /**
   * @param allowedCidrs blocks of the deployer's own network; plain http and all ports are for these alone
   * @throws Error naming a block that is not complete and exact CIDR notation
   */
  constructor(allowedCidrs: readonly string[] = [], lookup: typeof systemLookup = systemLookup) {
    this.#allowed = allowedCidrs.map(parseBlock);
    this.#lookup = lookup;
  }

  /** @throws AddressRefusedError unless an address, in whatever spelling, may be connected to */
  check(address: string, { protocol, port }: Target): void {
    if (!ipaddr.isValid(address)) throw new AddressRefusedError('what the host name leads to is no address');
    const parsed = ipaddr.process(address);
    if (this.#allowed.some((block) => isWithin(parsed, block))) return;
    if (!isPublic(parsed)) throw new AddressRefusedError('its address is not public');
    if (protocol !== 'https:') throw new AddressRefusedError('only https is allowed');
    if (!PORTS.includes(port))
      throw new AddressRefusedError(`only the ports ${PORTS.join(' and ')} are allowed`);
  }

  /**
   * @param host of a URL. An address is checked now; a name is checked by {@link lookupFor}
   * @throws AddressRefusedError
   */
  checkHost(host: string, target: Target): void {
    const address = host.replace(/^\[|\]$/g, '');
    if (ipaddr.isValid(address)) this.check(address, target);
  }

  /**
   * A lookup that checks all addresses of a host name and returns the checked ones, so that no second lookup can return
   * others. One refused address refuses the host name.
   */
  lookupFor(target: Target): LookupFunction {
    return (hostname, options, callback) => {
      this.#lookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, []);
        try {
          for (const { address } of addresses) this.check(address, target);
        } catch (refusal) {
          return callback(refusal as AddressRefusedError, []);
        }
        const [first] = addresses;
        if (options.all || first === undefined) return callback(null, addresses);
        return callback(null, first.address, first.family);
      });
    };
  }
}

/** By the registries of special-purpose addresses. An IPv6 address that embeds an IPv4 address is special, too. */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  if (!(address instanceof ipaddr.IPv6)) return true;
  return address.match(IPV6_GLOBAL) && !isIsatap(address);
}

/**
 * True for an ISATAP address (RFC 5214, section 6.1): under any prefix, the interface identifier is `0:5efe` or `200:5efe`
 * and an IPv4 address. The first byte's two lowest bits are flags.
 */
function isIsatap(address: ipaddr.IPv6): boolean {
  const [, , , , high = 0, marker = 0] = address.parts;
  return (high & 0xfcff) === 0 && marker === 0x5efe;
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, block: Block): boolean {
  return address.kind() === block[0].kind() && address.match(block);
}

function parseBlock(text: string): Block {
  const fault = faultOfCidr(text);
  if (fault !== undefined) throw new Error(`allowedCidrs: ${fault}`);
  return ipaddr.parseCIDR(text);
}
