import type { Action as ActionShape } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Action } from "../../data-plane/load-balancer/routing.ts";
import { groupOf } from "./arns.ts";
import { groupElsewhere, invalid, notAvailable, tooMany } from "./errors.ts";
import { GROUPS_PER_ACTION, GROUPS_PER_BALANCER } from "./limits.ts";
import type { PlaceState } from "./state.ts";
import { balancerUsing, groupsBehind, groupsOf } from "./usage.ts";

/**
 * Reads the one action of a listener or a rule. Authentication before it is not available here.
 * @throws {AwsError} for what is wrong with it, and for groups that it may not forward to.
 */
export function readAction(
  state: PlaceState,
  balancerArn: string,
  given: readonly ActionShape[] = [],
): Action {
  const [shape, second] = given.toSorted((left, right) => (left.Order ?? 0) - (right.Order ?? 0));
  for (const { Type } of given) {
    if (Type === "forward" || Type === "redirect" || Type === "fixed-response") continue;
    throw notAvailable(`Actions of type ${Type} are`);
  }
  if (shape === undefined) throw invalid("At least one action must be specified");
  if (second !== undefined) {
    throw invalid(
      "A rule must have exactly one action of type forward, redirect or fixed-response",
    );
  }
  const action = readOne(shape);
  requireGroups(state, balancerArn, action);
  return action;
}

function readOne(shape: ActionShape): Action {
  switch (shape.Type) {
    case "redirect":
      return readRedirect(shape.RedirectConfig);
    case "fixed-response":
      return readFixedResponse(shape.FixedResponseConfig);
    default:
      return readForward(shape);
  }
}

function readForward({ TargetGroupArn, ForwardConfig }: ActionShape): Action {
  const given =
    ForwardConfig?.TargetGroups ?? (TargetGroupArn === undefined ? [] : [{ TargetGroupArn }]);
  if (given.length === 0) throw invalid("A target group ARN must be specified for forward actions");
  if (TargetGroupArn !== undefined && given.every((one) => one.TargetGroupArn !== TargetGroupArn)) {
    throw invalid("The TargetGroupArn must be one of the target groups of the ForwardConfig");
  }
  // Source: AWS docs, "Target groups" quotas. Unverified: the code.
  if (given.length > GROUPS_PER_ACTION) throw tooMany("TargetGroups", GROUPS_PER_ACTION);
  const groups = given.map(({ TargetGroupArn: groupArn = "", Weight = 1 }) => {
    if (!Number.isInteger(Weight) || Weight < 0 || Weight > 999) {
      throw invalid(`Weight '${Weight}' must be between 0 and 999`);
    }
    return { groupArn, weight: Weight };
  });
  if (new Set(groups.map(({ groupArn }) => groupArn)).size < groups.length) {
    throw invalid("A target group can be listed only once in a forward action");
  }
  const { Enabled: isOn = false, DurationSeconds: seconds } =
    ForwardConfig?.TargetGroupStickinessConfig ?? {};
  if (isOn && seconds === undefined) {
    throw invalid("A duration must be specified when target group stickiness is enabled");
  }
  if (seconds !== undefined && (seconds < 1 || seconds > 604_800)) {
    throw invalid(
      `Target group stickiness duration '${seconds}' must be between 1 and 604800 seconds`,
    );
  }
  return { kind: "forward", groups, stickiness: { isOn, seconds } };
}

function readRedirect(given: ActionShape["RedirectConfig"]): Action {
  const {
    Protocol: protocol = "#{protocol}",
    Host: host = "#{host}",
    Port: port = "#{port}",
    Path: path = "/#{path}",
    Query: query = "#{query}",
    StatusCode: status,
  } = given ?? {};
  if (status === undefined) throw invalid("A redirect action needs a status code");
  if (!path.startsWith("/")) throw invalid(`The redirect path '${path}' must start with '/'`);
  if (port !== "#{port}" && !(Number(port) >= 1 && Number(port) <= 65_535)) {
    throw invalid(`The redirect port '${port}' must be between 1 and 65535, or #{port}`);
  }
  const isSame =
    protocol === "#{protocol}" && host === "#{host}" && port === "#{port}" && path === "/#{path}";
  // Source: AWS docs, "Redirect actions": it would be a loop.
  if (isSame) {
    throw invalid("The redirect configuration is not valid because it creates a loop");
  }
  return { kind: "redirect", protocol, host, port, path, query, status };
}

const CONTENT_TYPES = [
  "text/plain",
  "text/css",
  "text/html",
  "application/javascript",
  "application/json",
];

function readFixedResponse(given: ActionShape["FixedResponseConfig"]): Action {
  const { StatusCode: status, ContentType: contentType, MessageBody: body } = given ?? {};
  if (status === undefined || !/^[245]\d\d$/.test(status)) {
    throw invalid(`The fixed response status code '${status ?? ""}' must be 2XX, 4XX, or 5XX`);
  }
  if (contentType !== undefined && !CONTENT_TYPES.includes(contentType)) {
    throw invalid(
      `The content type '${contentType}' is not supported; it must be one of ${CONTENT_TYPES.join(", ")}`,
    );
  }
  return { kind: "fixedResponse", status, contentType, body };
}

/** They exist, and no other load balancer uses them. */
function requireGroups(state: PlaceState, balancerArn: string, action: Action): void {
  const all = groupsBehind(state, balancerArn);
  for (const arn of groupsOf(action)) {
    groupOf(state, arn);
    const user = balancerUsing(state, arn);
    if (user !== undefined && user !== balancerArn) throw groupElsewhere(arn);
    all.add(arn);
  }
  if (all.size > GROUPS_PER_BALANCER) {
    throw tooMany("UniqueTargetGroupsPerLoadBalancer", GROUPS_PER_BALANCER);
  }
}

export function actionShapes(action: Action): ActionShape[] {
  switch (action.kind) {
    case "forward": {
      const { groups, stickiness } = action;
      const [first] = groups;
      return [
        {
          Type: "forward",
          TargetGroupArn: groups.length === 1 ? first?.groupArn : undefined,
          ForwardConfig: {
            TargetGroups: groups.map(({ groupArn, weight }) => ({
              TargetGroupArn: groupArn,
              Weight: weight,
            })),
            TargetGroupStickinessConfig: {
              Enabled: stickiness.isOn,
              DurationSeconds: stickiness.seconds,
            },
          },
        },
      ];
    }
    case "redirect": {
      const { protocol, host, port, path, query, status } = action;
      return [
        {
          Type: "redirect",
          RedirectConfig: {
            Protocol: protocol,
            Host: host,
            Port: port,
            Path: path,
            Query: query,
            StatusCode: status,
          },
        },
      ];
    }
    case "fixedResponse":
      return [
        {
          Type: "fixed-response",
          FixedResponseConfig: {
            StatusCode: action.status,
            ContentType: action.contentType,
            MessageBody: action.body,
          },
        },
      ];
    default:
      return action satisfies never;
  }
}
