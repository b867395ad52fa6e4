/** A block of IPv4 addresses. */
export interface Block {
  /** The first address as a number. */
  readonly first: number;
  readonly bits: number;
}

/** Undefined for what is no block, or whose address has bits beyond its length. */
export function readBlock(text: string): Block | undefined {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (found === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = found.slice(1).map(Number);
  if ([a, b, c, d].some((part) => part > 255) || bits > 32) return undefined;
  const first = ((a * 256 + b) * 256 + c) * 256 + d;
  return first % sizeOf(bits) === 0 ? { first, bits } : undefined;
}

export function sizeOf(bits: number): number {
  return 2 ** (32 - bits);
}

export function overlaps(left: Block, right: Block): boolean {
  const isBefore = left.first + sizeOf(left.bits) <= right.first;
  const isAfter = right.first + sizeOf(right.bits) <= left.first;
  return !isBefore && !isAfter;
}

export function contains(outer: Block, inner: Block): boolean {
  return (
    outer.first <= inner.first &&
    inner.first + sizeOf(inner.bits) <= outer.first + sizeOf(outer.bits)
  );
}

export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** Addresses that AWS keeps: the first four and the last. Source: AWS docs, "Subnet CIDR blocks". */
const KEPT_FIRST = 4;
export const KEPT = 5;

/** The lowest address of the block that nobody has; undefined when there is none. */
export function freeAddress({ first, bits }: Block, used: ReadonlySet<string>): string | undefined {
  for (let offset = KEPT_FIRST; offset < sizeOf(bits) - 1; offset++) {
    const address = addressText(first + offset);
    if (!used.has(address)) return address;
  }
  return undefined;
}
