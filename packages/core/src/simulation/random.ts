/** The next number of a uniform source: at least 0, below 1. */
export type Random = () => number;

/** The same numbers for the same seed, everywhere: sfc32 of PractRand, 128 bits of state. */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = seed >>> 0;
  // What a seed has above 32 bits counts too.
  let c = Math.floor(seed / 2 ** 32) >>> 0;
  let counter = 1;
  const next = () => {
    const mixed = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + mixed;
    return (mixed >>> 0) / 2 ** 32;
  };
  // Neighbouring seeds begin alike; after this they do not.
  for (let round = 0; round < 16; round++) next();
  return next;
}
