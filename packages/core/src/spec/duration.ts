import { z } from "zod";

import { DURATION_PATTERN, parseDuration } from "../duration.ts";

/** What a person may write for a duration, for messages. */
export const DURATION_EXPECTED = `a duration longer than 0, such as "90s", "5m", "1h30m" or "500ms"`;

function durationOf(isAllowed: (ms: number) => boolean, expected: string) {
  return z
    .string({ error: expected })
    .regex(DURATION_PATTERN, { error: expected })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== undefined && isAllowed(ms)) return ms;
      context.addIssue({ code: "custom", message: expected });
      return z.NEVER;
    });
}

/** Written as text, read as milliseconds; longer than 0. */
export const duration = durationOf((ms) => ms > 0, DURATION_EXPECTED);

/** As {@link duration}, and "0s" is allowed. */
export const durationOrZero = durationOf(() => true, `a duration, such as "0s", "90s" or "5m"`);
