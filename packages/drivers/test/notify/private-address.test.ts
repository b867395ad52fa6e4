// Protects the list of addresses that notices are not sent to: every way of writing them, and the edges.
import { expect, it } from "vitest";
import { isPrivate } from "../../src/notify/private-address.ts";

it.each([
  ["0.0.0.0", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.255.0.1"],
  ["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.0.1", "198.19.0.1"],
  ["224.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1"],
  ["::ffff:a00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001::1"],
  ["fc00::1", "fd00:ec2::254", "fe80::1%eth0", "fec0::1", "ff02::1", "not an address", ""],
])("%s and the like are private", (...addresses) => {
  expect(addresses.filter((address) => !isPrivate(address))).toEqual([]);
});

it.each([
  ["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.0.1"],
  ["172.32.0.1", "192.169.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1"],
  ["::ffff:1.1.1.1", "64:ff9b::101:101", "64:ff9b::8.8.8.8"],
])("%s and the like are public", (...addresses) => {
  expect(addresses.filter(isPrivate)).toEqual([]);
});
