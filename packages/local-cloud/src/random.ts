import { randomBytes } from "node:crypto";

/** The cloud's only source of chance: ids, weighted choices, jitter. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, below). */
  int(below: number): number;
  /** `length` characters drawn from `alphabet`. */
  string(length: number, alphabet: string): string;
  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string;
  /** A version 4 UUID. */
  uuid(): string;
}

const HEX = "0123456789abcdef";

function randomFrom(next: () => number): Random {
  const int = (below: number) => Math.floor(next() * below);
  const string = (length: number, alphabet: string) => {
    let text = "";
    for (let index = 0; index < length; index++) text += alphabet[int(alphabet.length)];
    return text;
  };
  const hex = (length: number) => string(length, HEX);
  return {
    next,
    int,
    string,
    hex,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${string(1, "89ab")}${hex(3)}-${hex(12)}`,
  };
}

/** Cryptographically random, drawn from a pool so that a request costs no system call. */
export function systemRandom(): Random {
  const POOL_BYTES = 8192;
  let pool = randomBytes(POOL_BYTES);
  let offset = 0;
  return randomFrom(() => {
    if (offset + 6 > POOL_BYTES) {
      pool = randomBytes(POOL_BYTES);
      offset = 0;
    }
    const value = pool.readUIntBE(offset, 6);
    offset += 6;
    return value / 2 ** 48;
  });
}

/** Repeatable: the same seed gives the same draws. The generator is mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return randomFrom(() => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  });
}
