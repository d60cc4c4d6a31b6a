import type { LookupAddress, lookup } from 'node:dns';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { AddressGuard } from '../../../lib/node/http/address-guard.ts';

const HTTPS = { protocol: 'https:', port: 443 };
const guard = new AddressGuard();

/** The registries of special addresses (https://www.iana.org/assignments/iana-ipv4-special-registry, and -ipv6-). */
const NON_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const NON_PUBLIC_V6 = [
  '::/128',
  '::1/128',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/32',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

/** An address of a block, all bits that the block leaves open drawn. */
function inBlock(cidr: string): fc.Arbitrary<string> {
  const [base, bits] = ipaddr.parseCIDR(cidr);
  const bytes = base.toByteArray();
  return fc.uint8Array({ minLength: bytes.length, maxLength: bytes.length }).map((drawn) => {
    const mixed = bytes.map((byte, index) => {
      const fixed = Math.max(0, Math.min(8, bits - 8 * index));
      const mask = (0xff << (8 - fixed)) & 0xff;
      return (byte & mask) | ((drawn[index] ?? 0) & ~mask & 0xff);
    });
    return ipaddr.fromByteArray(mixed).toString();
  });
}

const nonPublicV4 = fc.oneof(...NON_PUBLIC_V4.map(inBlock));
const nonPublicV6 = fc.oneof(...NON_PUBLIC_V6.map(inBlock));

const publicV4 = fc
  .ipV4()
  .filter(
    (address) => !NON_PUBLIC_V4.some((cidr) => ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(cidr))),
  )
  // Small blocks for DNS and multicast relays of the network itself: nobody's endpoint.
  .filter(
    (address) => !['192.31.196.', '192.52.193.', '192.175.48.'].some((start) => address.startsWith(start)),
  );
const publicV6 = fc.constantFrom('2600::/12', '2a00::/12', '2400::/12', '2800::/12').chain(inBlock);

/** The ways in which an IPv4 address may be typed into a URL. */
function spellings(address: string): string[] {
  const bytes = ipaddr.IPv4.parse(address).toByteArray();
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return [
    address,
    String(number),
    `0x${number.toString(16)}`,
    `0${number.toString(8)}`,
    bytes.map((byte) => `0x${byte.toString(16)}`).join('.'),
    bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
    `${a}.${b * 65_536 + c * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    `${address}.`,
    [...address].map((char) => (char === '.' ? '。' : char)).join(''),
    `[::ffff:${address}]`,
    `[::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}]`,
    `[64:ff9b::${address}]`,
    `[2002:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}::1]`,
    `[2001:0:${((a << 8) | b).toString(16)}::${((c << 8) | d).toString(16)}]`,
  ];
}

/** As the sender sees it: whatever a URL makes of the spelling. */
function check(host: string, target = HTTPS): void {
  guard.checkHost(new URL(`https://${host}/hook`).hostname, target);
}

describe('the address guard', () => {
  it('refuses every non-public IPv4 address in every spelling', () => {
    fc.assert(
      fc.property(nonPublicV4, (address) => {
        for (const host of spellings(address)) expect(() => check(host), host).toThrow(/not public/);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses every non-public IPv6 address', () => {
    fc.assert(
      fc.property(nonPublicV6, (address) => {
        expect(() => check(`[${address}]`), address).toThrow(/not public/);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses no public address', () => {
    fc.assert(
      fc.property(publicV4, publicV6, (v4, v6) => {
        for (const host of [
          v4,
          String(
            ipaddr.IPv4.parse(v4)
              .toByteArray()
              .reduce((sum, byte) => sum * 256 + byte, 0),
          ),
        ])
          check(host);
        check(`[${v6}]`);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['IPv4-mapped', '::ffff:10.0.0.1'],
    ['IPv4-compatible', '::10.0.0.1'],
    ['IPv4-translated', '::ffff:0:10.0.0.1'],
    ['NAT64, well known', '64:ff9b::10.0.0.1'],
    ['NAT64, local use', '64:ff9b:1::10.0.0.1'],
    ['6to4', '2002:a00:1::1'],
    ['Teredo, server', '2001:0:a00:1::1'],
    ['Teredo, client', '2001:0:808:808::f5ff:fffe'],
    ['ISATAP, link-local', 'fe80::5efe:10.0.0.1'],
    ['ISATAP, public prefix', '2606:4700::5efe:10.0.0.1'],
    ['ISATAP, public prefix, global flag', '2606:4700::200:5efe:10.0.0.1'],
    ['ISATAP, public prefix, group flag', '2606:4700::300:5efe:10.0.0.1'],
    ['ISATAP, public prefix, full notation', '2606:4700:1:2:0:5efe:a00:1'],
    ['ISATAP with a public IPv4 address', '2606:4700::5efe:8.8.8.8'],
  ])('refuses an IPv6 address that embeds an IPv4 address: %s', (_, address) => {
    expect(() => check(`[${address}]`)).toThrow(/not public/);
  });

  it('accepts an address that only resembles ISATAP', () => {
    check('[2606:4700::400:5efe:a00:1]');
    check('[2606:4700::5eff:a00:1]');
  });

  it.each(['169.254.169.254', '169.254.170.2', '127.0.0.1', '[fd00:ec2::254]', 'localhost.'])(
    'keeps a function from what is its own: %s',
    async (host) => {
      const refusal = host.startsWith('local')
        ? lookedUp(host, ['127.0.0.1'])
        : Promise.resolve().then(() => check(host));
      await expect(refusal).rejects.toThrow(/not public/);
    },
  );

  it('refuses a name when one of its addresses is not public', async () => {
    await expect(lookedUp('mixed.example', ['8.8.8.8', '10.0.0.1'])).rejects.toThrow(/not public/);
    await expect(lookedUp('mixed.example', ['8.8.8.8', '2606:4700::1'])).resolves.toEqual([
      '8.8.8.8',
      '2606:4700::1',
    ]);
  });

  it('connects to what was checked: a name is looked up once', async () => {
    const answers = [['8.8.8.8'], ['127.0.0.1']];
    const calls: string[] = [];
    const looking = new AddressGuard(
      [],
      lookupOf((name) => {
        calls.push(name);
        return answers.shift() ?? [];
      }),
    );

    expect(await resolve(looking, 'rebinding.example')).toEqual(['8.8.8.8']);
    expect(calls).toEqual(['rebinding.example']);
  });

  it('wants https, on 443 or 8443', () => {
    expect(() => check('8.8.8.8', { protocol: 'http:', port: 80 })).toThrow('only https is allowed');
    expect(() => check('8.8.8.8', { protocol: 'https:', port: 22 })).toThrow(
      'only the ports 443 and 8443 are allowed',
    );
    check('8.8.8.8', { protocol: 'https:', port: 8443 });
  });

  it('allows what a deployment has named, by plain http and on any port, and nothing beside it', () => {
    const own = new AddressGuard(['10.1.0.0/16', 'fd12::/16']);

    own.checkHost('10.1.2.3', { protocol: 'http:', port: 3000 });
    own.checkHost('[::ffff:10.1.2.3]', { protocol: 'http:', port: 3000 });
    own.checkHost('[fd12::1]', HTTPS);
    expect(() => own.checkHost('10.2.0.1', HTTPS)).toThrow(/not public/);
    expect(() => new AddressGuard(['10.0.0.0'])).toThrow('allowedCidrs: 10.0.0.0 is no CIDR block');
    expect(() => new AddressGuard(['172.16/12'])).toThrow('allowedCidrs: 172.16/12 has not all four octets');
  });
});

function lookupOf(answer: (name: string) => readonly string[]): typeof lookup {
  const fake = (
    name: string,
    _options: unknown,
    callback: (error: Error | null, addresses: LookupAddress[]) => void,
  ) =>
    callback(
      null,
      answer(name).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  return fake as unknown as typeof lookup;
}

function lookedUp(name: string, addresses: readonly string[]): Promise<string[]> {
  return resolve(
    new AddressGuard(
      [],
      lookupOf(() => addresses),
    ),
    name,
  );
}

function resolve(looking: AddressGuard, name: string): Promise<string[]> {
  return new Promise((done, fail) => {
    looking.lookupFor(HTTPS)(name, { all: true }, (error, addresses) => {
      if (error) fail(error);
      else done((addresses as LookupAddress[]).map(({ address }) => address));
    });
  });
}
