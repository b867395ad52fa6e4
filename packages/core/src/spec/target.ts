import { z } from "zod";

import { exactlyOne, strict } from "./strict.ts";

const text = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });

/** HTTP requests with this header and value go to the canary before it has any weight. */
const testers = strict({ header: text, value: text });

/** What holds the traffic. Exactly one kind. */
export const target = exactlyOne({
  lambda: strict({ function: text, alias: text }).optional(),
  /** A REST API by id or name, and one of its stages. */
  apiGateway: strict({ api: text, stage: text }).optional(),
  /** A service by id, ARN or name; a listener by id, ARN or name, and where it is not the default action, one of its rules. */
  lattice: strict({
    service: text,
    listener: text,
    rule: text.optional(),
    testers: testers.optional(),
  }).optional(),
});
