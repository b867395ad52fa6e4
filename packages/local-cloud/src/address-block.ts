import { BlockList, isIP } from "node:net";

/**
 * Whether an address lies in a block: "10.0.0.0/8", "2001:db8::/32", or a single address. False for what is neither, and
 * for an address of the other family.
 */
export function isInBlock(block: string, address: string): boolean {
  const [network = "", bits] = block.split("/");
  const version = isIP(network);
  if (version === 0 || version !== isIP(address)) return false;
  const family = version === 6 ? "ipv6" : "ipv4";
  const whole = version === 6 ? 128 : 32;
  const prefix = bits === undefined ? whole : Number(bits);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > whole) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(address, family);
}
