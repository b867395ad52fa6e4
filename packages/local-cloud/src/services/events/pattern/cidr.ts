import { BlockList, isIP } from "node:net";
import { badPattern } from "../errors.ts";
import type { Matcher } from "./matchers.ts";

/**
 * "10.0.0.0/24", "2001:db8::/32". A range of one address is refused. Source: aws/event-ruler, CIDR.
 * @throws {AwsError} InvalidEventPatternException
 */
export function cidrMatcher(wanted: unknown): Matcher {
  if (typeof wanted !== "string") throw badPattern("prefix match pattern must be a string");
  const parts = wanted.split("/");
  const [network = "", bits = ""] = parts;
  if (parts.length !== 2) throw badPattern("Malformed CIDR, one '/' required");
  if (!/^\d+$/.test(bits)) throw badPattern("Malformed CIDR, mask bits must be an integer");
  const family = familyOf(network);
  if (family === undefined) throw badPattern(`Nonstandard IP address: ${network}`);
  const below = family === "ipv4" ? 32 : 128;
  if (Number(bits) >= below) throw badPattern(`IPv${isIP(network)} mask bits must be < ${below}`);
  const range = new BlockList();
  range.addSubnet(network, Number(bits), family);
  return (value) =>
    typeof value === "string" && familyOf(value) === family && range.check(value, family);
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? "ipv4" : "ipv6";
}
