import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { faultOfCidr } from '../../lib/contract/cidr.ts';

describe('a CIDR block', () => {
  it.each([
    '10.0.0.0/8',
    '172.16.0.0/12',
    '127.0.0.1/32',
    '0.0.0.0/0',
    'fd00::/8',
    '::1/128',
    '::/0',
    'FD12:0:0::/48',
    '2001:db8:0:0:0:0:0:0/32',
  ])('is accepted in full notation: %s', (text) => {
    expect(faultOfCidr(text)).toBeUndefined();
  });

  it.each([
    ['172.16/12', '172.16/12 has not all four octets: write 172.16.0.0/12'],
    ['10/8', '10/8 has not all four octets: write 10.0.0.0/8'],
    ['172.17/12', '172.17/12 has not all four octets: write 172.16.0.0/12'],
    ['10.1.2.3/8', '10.1.2.3/8 has bits set after its prefix: the network is 10.0.0.0/8'],
    ['192.168.1.1/31', '192.168.1.1/31 has bits set after its prefix: the network is 192.168.1.0/31'],
    ['fd12::1/16', 'fd12::1/16 has bits set after its prefix: the network is fd12::/16'],
    ['2001:db8::/16', '2001:db8::/16 has bits set after its prefix: the network is 2001::/16'],
    ['::1/0', '::1/0 has bits set after its prefix: the network is ::/0'],
    ['10.0.0.0/33', '10.0.0.0/33 has a prefix longer than 32 bits'],
    ['fd00::/129', 'fd00::/129 has a prefix longer than 128 bits'],
    ['::ffff:10.0.0.0/104', '::ffff:10.0.0.0/104 is an IPv4 block written as IPv6: write it as IPv4'],
  ])('is refused with the correct form: %s', (text, fault) => {
    expect(faultOfCidr(text)).toBe(fault);
  });

  it.each([
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/8 ',
    ' 10.0.0.0/8',
    '010.0.0.0/8',
    '0x0a.0.0.0/8',
    '167772160/8',
    '10.0.0.256/32',
    '10.0.0.0.0/8',
    '10.0.0.0/-1',
    '10.0.0.0/255.0.0.0',
    'fd00:/8',
    'fd00::1::/64',
    'fe80::%eth0/64',
    'localhost/8',
    '/8',
  ])('is refused in any other form: %j', (text) => {
    expect(faultOfCidr(text)).toBe(`${text} is no CIDR block such as 10.0.0.0/8`);
  });

  it('is accepted exactly when it is its own network', () => {
    const block = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })),
      fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })),
    );
    fc.assert(
      fc.property(block, ([address, bits]) => {
        const parsed = ipaddr.parse(address);
        fc.pre(!(parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()));
        const family = parsed instanceof ipaddr.IPv6 ? ipaddr.IPv6 : ipaddr.IPv4;
        const network = family.networkAddressFromCIDR(`${address}/${bits}`).toString();

        const isNetwork = network === parsed.toString();
        expect(faultOfCidr(`${address}/${bits}`) === undefined).toBe(isNetwork);
        expect(faultOfCidr(`${network}/${bits}`)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });
});
