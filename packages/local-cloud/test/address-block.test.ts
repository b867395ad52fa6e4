// Protects the one answer to whether an address is in a block: load balancers, policies and filters all rest on it.
import { expect, it } from "vitest";
import { isInBlock } from "../src/address-block.ts";

it.each([
  ["10.0.0.0/8", "10.255.0.1", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["0.0.0.0/0", "192.0.2.1", true],
  ["192.0.2.1/32", "192.0.2.1", true],
  ["192.0.2.1", "192.0.2.1", true],
  ["192.0.2.1", "192.0.2.2", false],
  ["2001:db8::/32", "2001:db8::1", true],
  ["2001:db8::1", "2001:db8::1", true],
  ["2001:db8::/32", "10.0.0.1", false],
  ["0.0.0.0/0", "::1", false],
  ["10.0.0.0/33", "10.0.0.1", false],
  ["10.0.0.0/x", "10.0.0.1", false],
  ["nonsense", "10.0.0.1", false],
  ["10.0.0.0/8", "nonsense", false],
])("%s and %s: %s", (block, address, isIn) => {
  expect(isInBlock(block, address)).toBe(isIn);
});
