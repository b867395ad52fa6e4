/** A date without a fraction, as API Gateway, IAM and STS tell it. Source: recorded AWS answers. */
export function wholeSecond(atMs: number): Date {
  return new Date(Math.floor(atMs / 1000) * 1000);
}

/** "2026-11-20T10:15:30.123+0000", as Lambda and CloudWatch write dates inside texts. */
export function isoWithOffset(atMs: number): string {
  return new Date(atMs).toISOString().replace("Z", "+0000");
}

/** "2026-11-20", the day in UTC. */
export function utcDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
