import { z } from "zod";

import { weightBps } from "../weight.ts";

export const PERCENTAGE_EXPECTED = `a percentage above 0% and up to 100%, with at most two decimals, such as "10%" or 10`;

const PERCENT_TEXT = /^\d+(?:\.\d{1,2})?%$/;

/** Written as "10%" or as the number of percent, read as basis points above 0. */
export const percentage = z
  .union([z.string().regex(PERCENT_TEXT), z.number()], { error: PERCENTAGE_EXPECTED })
  .transform((value, context) => {
    const percent = typeof value === "number" ? value : Number(value.slice(0, -1));
    // 0.07 * 100 is not 7 in binary; a value with more than two decimals stays apart from its rounding.
    const bps = Math.round(percent * 100);
    if (bps > 0 && bps <= 10_000 && Math.abs(percent * 100 - bps) < 1e-6) return weightBps(bps);
    context.addIssue({ code: "custom", message: PERCENTAGE_EXPECTED });
    return z.NEVER;
  });
