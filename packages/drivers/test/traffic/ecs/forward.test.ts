// Protects what is read from and written to a listener's actions: other weights, and nothing else of them changed.
import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, it } from "vitest";
import { actionsWith, forwardOf } from "../../../src/traffic/ecs/forward.ts";

const arn = (name: string) =>
  `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${name}/0123456789abcdef`;
const [blue, green] = [arn("blue"), arn("green")];

it("reads an action with one target group, which need not be in a list", () => {
  const actions: Action[] = [{ Type: "forward", TargetGroupArn: blue }];
  expect(forwardOf(actions)).toMatchObject({
    groups: [{ arn: blue, weight: 1 }],
    stickySeconds: undefined,
    token: "blue=1",
  });
});

it("marks a state by its weights and its stickiness, whatever the order", () => {
  const of = (sticky: boolean, ...groups: readonly [string, number][]) =>
    forwardOf([
      {
        Type: "forward",
        ForwardConfig: {
          TargetGroups: groups.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })),
          TargetGroupStickinessConfig: { Enabled: sticky, DurationSeconds: 60 },
        },
      },
    ]).token;
  expect(of(false, [blue, 90], [green, 10])).toBe(of(false, [green, 10], [blue, 90]));
  expect(of(false, [blue, 90], [green, 10])).not.toBe(of(false, [blue, 10], [green, 90]));
  expect(of(false, [blue, 1])).not.toBe(of(true, [blue, 1]));
});

it("reads no target group where nothing is forwarded", () => {
  expect(forwardOf([{ Type: "redirect" }])).toMatchObject({ groups: [], token: "" });
});

it("keeps all else: the order, the stickiness, and a log-in whose secret does not come back", () => {
  const AuthenticateOidcConfig = {
    Issuer: "https://id.example",
    AuthorizationEndpoint: "https://id.example/a",
    TokenEndpoint: "https://id.example/t",
    UserInfoEndpoint: "https://id.example/u",
    ClientId: "shop",
  };
  const TargetGroupStickinessConfig = { Enabled: true, DurationSeconds: 60 };
  const actions: Action[] = [
    { Type: "authenticate-oidc", Order: 1, AuthenticateOidcConfig },
    {
      Type: "forward",
      Order: 2,
      TargetGroupArn: blue,
      ForwardConfig: {
        TargetGroups: [{ TargetGroupArn: blue, Weight: 1 }],
        TargetGroupStickinessConfig,
      },
    },
  ];
  expect(actionsWith({ actions }, [{ arn: green, weight: 5 }])).toEqual([
    {
      Type: "authenticate-oidc",
      Order: 1,
      AuthenticateOidcConfig: { ...AuthenticateOidcConfig, UseExistingClientSecret: true },
    },
    {
      Type: "forward",
      Order: 2,
      ForwardConfig: {
        TargetGroups: [{ TargetGroupArn: green, Weight: 5 }],
        TargetGroupStickinessConfig,
      },
    },
  ]);
});
