import { BlockList, isIP } from "node:net";

/**
 * Addresses that no public host has: this machine, private networks, link-local ones with the clouds'
 * metadata, shared, reserved and multicast ones. Source: IANA's special-purpose address registries.
 */
const NOT_PUBLIC: readonly (readonly [net: string, prefix: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
  // Unspecified, loopback, and IPv4 in the lowest 96 bits, as it was once written.
  ["::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  // Teredo, benchmarking, ORCHID and documentation.
  ["2001::", 23],
  ["2001:db8::", 32],
  // 6to4 carries an IPv4 address of anybody's choice.
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];

const LIST = new BlockList();
for (const [net, prefix] of NOT_PUBLIC) {
  LIST.addSubnet(net, prefix, net.includes(":") ? "ipv6" : "ipv4");
}

/** NAT64's own prefix, and IPv4 as IPv6 sockets see it: what counts is the IPv4 address inside. */
const CARRIERS = new BlockList();
CARRIERS.addSubnet("64:ff9b::", 96, "ipv6");
CARRIERS.addSubnet("::ffff:0:0", 96, "ipv6");

/** Whether `address` (an IP address, not a name) is one that no public host has. */
export function isPrivate(address: string): boolean {
  const bare = address.split("%")[0] ?? "";
  const family = isIP(bare);
  if (family === 4) return LIST.check(bare, "ipv4");
  if (family !== 6) return true;
  if (CARRIERS.check(bare, "ipv6")) return LIST.check(lastFourBytes(bare), "ipv4");
  return LIST.check(bare, "ipv6");
}

/** The IPv4 address in the lowest 32 bits of an IPv6 address, however that is written. */
function lastFourBytes(address: string): string {
  // The URL parser writes every form the same way: in groups of hexadecimal digits.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(":");
  const [high = 0, low = 0] = groups.slice(-2).map((group) => Number.parseInt(group || "0", 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
