// The examples of RFC 8949, appendix A, as far as the AWS protocol uses them: each encoding a client in
// any language may choose for the same value.
import { expect, it } from "vitest";
import { cborBytes } from "../../src/wire/codecs/cbor-writer.ts";
import { parseCbor } from "../../src/wire/codecs/cbor-parser.ts";

it.each<[hex: string, value: unknown]>([
  ["00", 0],
  ["17", 23],
  ["1818", 24],
  ["1903e8", 1000],
  ["1a000f4240", 1_000_000],
  ["1b000000e8d4a51000", 1_000_000_000_000],
  ["1bffffffffffffffff", 18_446_744_073_709_551_615n],
  ["3bffffffffffffffff", -18_446_744_073_709_551_616n],
  ["20", -1],
  ["3903e7", -1000],
  ["f90000", 0],
  ["f93c00", 1],
  ["f93e00", 1.5],
  ["f97bff", 65_504],
  ["f90001", 5.960_464_477_539_063e-8],
  ["f9c400", -4],
  ["f97c00", Infinity],
  ["f97e00", Number.NaN],
  ["fa47c35000", 100_000],
  ["fb3ff199999999999a", 1.1],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["f7", undefined],
  ["c11a514b67b0", { tag: 1, value: 1_363_896_240 }],
  ["4401020304", Buffer.from([1, 2, 3, 4])],
  ["60", ""],
  ["64f0908591", "\u{10151}"],
  ["83010203", [1, 2, 3]],
  ["a26161016162820203", { a: 1, b: [2, 3] }],
  ["5f42010243030405ff", Buffer.from([1, 2, 3, 4, 5])],
  ["7f657374726561646d696e67ff", "streaming"],
  ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
  ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
])("%s", (hex, value) => {
  expect(parseCbor(Buffer.from(hex, "hex"))).toEqual(value);
});

it.each([
  "",
  "1c",
  "18",
  "ff",
  "61",
  "62ff",
  "61ff",
  "8101ff",
  "a101",
  "a10102",
  "9fff00",
  "5f01ff",
  "f800",
  "81ff",
])("refuses %s", (hex) => {
  expect(() => parseCbor(Buffer.from(hex, "hex"))).toThrow("The request body is not valid CBOR.");
});

it("writes what it reads, whatever the size", () => {
  const value = {
    list: [
      0,
      23,
      24,
      255,
      256,
      65_535,
      65_536,
      2 ** 32,
      Number.MAX_SAFE_INTEGER,
      -1,
      -500,
      1.5,
      -0,
    ],
    texts: ["", "a".repeat(23), "ü".repeat(300), "x".repeat(70_000)],
    bytes: Buffer.alloc(600, 7),
    large: [2n ** 63n, -(2n ** 63n)],
    others: [true, false, null],
    infinite: [Infinity, -Infinity],
  };
  expect(parseCbor(cborBytes(value))).toEqual(value);
  expect(parseCbor(cborBytes(new Date(1500)))).toEqual({ tag: 1, value: 1.5 });
});
