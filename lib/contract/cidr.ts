/** Checks address blocks in CIDR notation (RFC 4632, and RFC 4291, section 2.3). */

/**
 * The fault of a block for people; undefined when the block is complete and exact. A short form such as `172.16/12` is a
 * fault: programs read it in different ways, and one reading opens far more than the deployer wants.
 */
export function faultOfCidr(text: string): string | undefined {
  const [, address = '', prefix = ''] = /^([^/\s]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const bytes = bytesOfIpv4(address) ?? bytesOfIpv6(address);
  const bits = Number(prefix);
  if (bytes === undefined) return faultOfShortForm(text, address, bits);
  if (bits > 8 * bytes.length) return `${text} has a prefix longer than ${8 * bytes.length} bits`;
  if (isIpv4Mapped(bytes)) return `${text} is an IPv4 block written as IPv6: write it as IPv4`;
  const network = networkOf(bytes, bits);
  return network.every((byte, index) => byte === bytes[index])
    ? undefined
    : `${text} has bits set after its prefix: the network is ${textOf(network)}/${bits}`;
}

function faultOfShortForm(text: string, address: string, bits: number): string {
  const missing = Math.max(0, 4 - address.split('.').length);
  const full = bytesOfIpv4(address + '.0'.repeat(missing));
  if (full === undefined || bits > 32) return `${text} is no CIDR block such as 10.0.0.0/8`;
  return `${text} has not all four octets: write ${textOf(networkOf(full, bits))}/${bits}`;
}

/** Four decimal octets. A leading zero is refused, because some programs read such an octet as octal. */
function bytesOfIpv4(address: string): number[] | undefined {
  const octets = address.split('.');
  const isComplete = octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet));
  const bytes = octets.map(Number);
  return isComplete && bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** The URL parser knows every spelling of an IPv6 address, and returns one. */
function bytesOfIpv6(address: string): number[] | undefined {
  if (!address.includes(':') || !URL.canParse(`http://[${address}]`)) return undefined;
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [start = [], end = []] = canonical.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - start.length - end.length }, () => '0');
  return [...start, ...zeros, ...end]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff]);
}

function isIpv4Mapped(bytes: readonly number[]): boolean {
  return bytes.length === 16 && bytes.slice(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 0xff));
}

function networkOf(bytes: readonly number[], bits: number): number[] {
  return bytes.map((byte, index) => {
    const kept = Math.max(0, Math.min(8, bits - 8 * index));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
}

function textOf(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from(
    { length: 8 },
    (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0),
  );
  const address = groups.map((group) => group.toString(16)).join(':');
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
