import { z } from "zod";

import { strict } from "./strict.ts";

const text = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });

/** What a new version is made from; which of these a target takes is REVISIONS_OF. */
export const REVISION_SOURCES = [
  "zip",
  "folder",
  "version",
  "deployment",
  "openApi",
  "apiAsItIs",
  "targetGroup",
] as const;

export type RevisionSource = (typeof REVISION_SOURCES)[number];

/** The sources of code, which a handler, a runtime and so on can be given with. */
const CODE: ReadonlySet<RevisionSource> = new Set(["zip", "folder"]);

/** Which sources a target takes. */
export const REVISIONS_OF = {
  lambda: ["zip", "folder", "version"],
  apiGateway: ["deployment", "openApi", "apiAsItIs"],
  lattice: ["zip", "folder", "version", "targetGroup"],
} as const satisfies Record<string, readonly RevisionSource[]>;

export const revision = strict({
  zip: text.optional(),
  folder: text.optional(),
  version: z.coerce
    .string()
    .regex(/^[1-9]\d*$/, { error: `the number of a published version, such as "7"` })
    .optional(),
  handler: text.optional(),
  runtime: text.optional(),
  environment: z.record(z.string(), z.coerce.string()).optional(),
  /** The id of a deployment that the REST API has already. */
  deployment: text.optional(),
  /** The path of an OpenAPI document that the REST API becomes before it is deployed. */
  openApi: text.optional(),
  /** The REST API as it is now. */
  apiAsItIs: z.literal(true, { error: "true" }).optional(),
  /** A VPC Lattice target group by id, ARN or name. */
  targetGroup: text.optional(),
  description: z.string().max(256, { error: "a text of at most 256 characters" }).optional(),
}).superRefine((value, context) => {
  const given = REVISION_SOURCES.filter((key) => value[key] !== undefined);
  const [source] = given;
  if (source === undefined || given.length !== 1) {
    context.addIssue({ code: "custom", message: `exactly one of ${REVISION_SOURCES.join(", ")}` });
    return;
  }
  if (CODE.has(source)) return;
  for (const key of ["handler", "runtime", "environment"] as const) {
    if (value[key] === undefined) continue;
    const message = "nothing here: only new code (zip, folder) can be given one";
    context.addIssue({ code: "custom", path: [key], message });
  }
  if (value.description === undefined || source === "openApi" || source === "apiAsItIs") return;
  const message = "nothing here: what is published already cannot be changed";
  context.addIssue({ code: "custom", path: ["description"], message });
});
