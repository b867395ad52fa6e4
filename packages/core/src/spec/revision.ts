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
  "image",
  "taskDefinition",
] as const;

export type RevisionSource = (typeof REVISION_SOURCES)[number];

/** What belongs to new code only. */
const GIVEN_WITH = {
  handler: ["zip", "folder"],
  runtime: ["zip", "folder"],
  environment: ["zip", "folder", "image"],
  description: ["zip", "folder", "openApi", "apiAsItIs"],
} as const satisfies Record<string, readonly RevisionSource[]>;

/** Which sources a target takes. */
export const REVISIONS_OF = {
  lambda: ["zip", "folder", "version"],
  apiGateway: ["deployment", "openApi", "apiAsItIs"],
  lattice: ["zip", "folder", "version", "targetGroup"],
  ecs: ["image", "taskDefinition"],
} as const satisfies Record<string, readonly RevisionSource[]>;

const TASK_DEFINITION_EXPECTED = `a task definition with its revision, such as "web:7", or its ARN`;

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
  /** A container image's reference: a new task definition revision has it in place of the current one. */
  image: text.optional(),
  /** "family:revision" or an ARN. */
  taskDefinition: z
    .string({ error: TASK_DEFINITION_EXPECTED })
    .regex(/^(?:arn:[^:]+:ecs:[^:]*:[^:]*:task-definition\/)?[A-Za-z0-9_-]{1,255}:[1-9]\d*$/, {
      error: TASK_DEFINITION_EXPECTED,
    })
    .optional(),
  description: z.string().max(256, { error: "a text of at most 256 characters" }).optional(),
}).superRefine((value, context) => {
  const given = REVISION_SOURCES.filter((key) => value[key] !== undefined);
  const [source] = given;
  if (source === undefined || given.length !== 1) {
    context.addIssue({ code: "custom", message: `exactly one of ${REVISION_SOURCES.join(", ")}` });
    return;
  }
  for (const key of ["handler", "runtime", "environment", "description"] as const) {
    const sources: readonly RevisionSource[] = GIVEN_WITH[key];
    if (value[key] === undefined || sources.includes(source)) continue;
    const message =
      key === "description"
        ? "nothing here: what is published already cannot be changed"
        : `nothing here: only new code (${sources.join(", ")}) can be given one`;
    context.addIssue({ code: "custom", path: [key], message });
  }
});
