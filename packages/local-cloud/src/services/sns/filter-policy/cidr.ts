import { isIP } from "node:net";

/**
 * Source: recorded AWS answers (LocalStack test_validate_policy_string_operators).
 * @throws what `problem` makes of the text
 */
export function checkCidr(block: string, problem: (text: string) => Error): void {
  const [address = "", bits, more] = block.split("/");
  if (bits === undefined || more !== undefined) throw problem("Malformed CIDR, one '/' required");
  if (!/^\d+$/.test(bits)) throw problem("Malformed CIDR, mask bits must be an integer");
  const version = isIP(address);
  if (version === 0) throw problem(`Nonstandard IP address: ${address}`);
  // Unverified: the text.
  const most = version === 4 ? 32 : 128;
  if (Number(bits) > most) throw problem(`Malformed CIDR, mask bits must be at most ${most}`);
}
