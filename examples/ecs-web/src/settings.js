/**
 * What the environment says, over what the image's release.json says. Throws for what makes no sense: a task that
 * starts wrong should not start.
 */
export function settingsFrom(environment, release) {
  const {
    PORT = "8080",
    VERSION = release.version,
    ERROR_RATE = String(release.errorRate),
    DRAIN_MS = "1000",
    ADMIN_TOKEN,
  } = environment;
  return {
    port: numberIn("PORT", PORT, 0, 65_535),
    version: VERSION,
    errorRate: numberIn("ERROR_RATE", ERROR_RATE, 0, 1),
    /** How long requests are still taken after SIGTERM, with /ready at 503. */
    drainMs: numberIn("DRAIN_MS", DRAIN_MS, 0, 20_000),
    /** Without it nobody may change the error rate. */
    adminToken: ADMIN_TOKEN,
  };
}

/** The number that `text` is; throws when it is none, or not from `least` to `most`. */
export function numberIn(name, text, least, most) {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw new RangeError(`${name} is "${text}"; it must be a number from ${least} to ${most}`);
}
