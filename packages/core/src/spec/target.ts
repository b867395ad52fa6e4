import { z } from "zod";

import { exactlyOne, strict } from "./strict.ts";
import { via } from "./via.ts";

const text = z.string({ error: "a text" }).min(1, { error: "a text that is not empty" });

const LISTENER =
  /^(?:arn:[^:]+:elasticloadbalancing:[^:]*:[^:]*:listener\/app\/.+|[A-Za-z0-9-]{1,32}:\d{1,5})$/;
const LISTENER_EXPECTED = `a load balancer's name and a port, such as "shop:443", or a listener's ARN`;
const RULE_EXPECTED = "the ARN of a rule of an Application Load Balancer";
const PORT_EXPECTED = "a port from 1 to 65535";
const GROUPS_EXPECTED = "a list of two target groups, by name or ARN";

/** HTTP requests with this header and value go to the canary before it has any weight. */
const testers = strict({ header: text, value: text });

/** A port of a load balancer by name ("shop:443"), or a listener's ARN. */
const listener = z
  .string({ error: LISTENER_EXPECTED })
  .regex(LISTENER, { error: LISTENER_EXPECTED });

/**
 * A service whose tasks stand in two target groups of an Application Load Balancer: one of the two serves, the other
 * takes the next version. Which one serves is read from the listener or rule.
 */
const ecs = strict({
  /** By name or ARN. */
  cluster: text,
  /** By name or ARN. */
  service: text,
  /** The container that gets the new image, and that listens. */
  container: text,
  /** Where it listens. Default: the one port that the task definition maps for it. */
  port: z
    .int({ error: PORT_EXPECTED })
    .min(1, { error: PORT_EXPECTED })
    .max(65_535, { error: PORT_EXPECTED })
    .optional(),
  /** Its default action is shifted. */
  listener: listener.optional(),
  /** The ARN of the rule that is shifted in place of a default action. */
  rule: z
    .string({ error: RULE_EXPECTED })
    .regex(/^arn:[^:]+:elasticloadbalancing:[^:]*:[^:]*:listener-rule\/app\//, {
      error: RULE_EXPECTED,
    })
    .optional(),
  /** Leads to the canary before it has any weight. */
  testListener: listener.optional(),
  testers: testers.optional(),
  targetGroups: z
    .array(text, { error: GROUPS_EXPECTED })
    .length(2, { error: GROUPS_EXPECTED })
    .refine(([one, other]) => one !== other, { error: "two different target groups" }),
  /** Who moves the tasks and the weights. Default: what the service's deployment controller calls for. */
  mode: z.enum(["taskSets", "native"]).optional(),
  /** For a service with the deployment controller CODE_DEPLOY. */
  via: via.optional(),
}).superRefine((value, context) => {
  if ((value.listener === undefined) === (value.rule === undefined)) {
    context.addIssue({ code: "custom", message: "exactly one of listener, rule" });
  }
});

/** What holds the traffic. Exactly one kind. */
export const target = exactlyOne({
  lambda: strict({ function: text, alias: text, via: via.optional() }).optional(),
  /** A REST API by id or name, and one of its stages. */
  apiGateway: strict({ api: text, stage: text }).optional(),
  /** A service by id, ARN or name; a listener by id, ARN or name, and where it is not the default action, one of its rules. */
  lattice: strict({
    service: text,
    listener: text,
    rule: text.optional(),
    testers: testers.optional(),
  }).optional(),
  ecs: ecs.optional(),
});
