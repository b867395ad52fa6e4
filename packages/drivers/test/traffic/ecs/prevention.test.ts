// Protects the sentence that keeps other tools from writing weights back: for the tool that made the listener or the
// rule, in that tool's own words.
import { expect, it } from "vitest";
import { ecsCalls } from "../../../src/traffic/ecs/calls.ts";
import { locate } from "../../../src/traffic/ecs/place.ts";
import { preventionFor } from "../../../src/traffic/ecs/prevention.ts";
import { ecsCloud, forward, target } from "../../support/ecs-cloud.ts";

it("names the stack and the resource when CloudFormation made the listener", async () => {
  const cloud = await ecsCloud();
  const calls = ecsCalls(cloud);
  const place = await locate(calls, target());
  // Tags that only AWS itself can give, on the wire: the answer for a stack's listener.
  const tag = (key: string, value: string) =>
    `<member><Key>aws:cloudformation:${key}</Key><Value>${value}</Value></member>`;
  const tags = `${tag("stack-name", "shop-prod")}${tag("logical-id", "PublicListener")}`;
  cloud.proxy.inject(({ action }) => action === "DescribeTags", {
    status: 200,
    xml: `<DescribeTagsResponse><DescribeTagsResult><TagDescriptions><member><Tags>${tags}</Tags></member></TagDescriptions></DescribeTagsResult></DescribeTagsResponse>`,
  });
  const text = await preventionFor(calls, place);
  expect(text).toContain(
    "PublicListener (AWS::ElasticLoadBalancingV2::Listener) of stack shop-prod",
  );
  expect(text).toContain("Weight: !Ref webblueWeight");
  expect(text).not.toContain("Terraform");
});

it("speaks of a rule's own argument when a rule is shifted", async () => {
  const cloud = await ecsCloud();
  const { Rules = [] } = await cloud.elb.createRule({
    ListenerArn: cloud.listenerArn,
    Priority: 10,
    Conditions: [{ Field: "path-pattern", Values: ["/shop/*"] }],
    Actions: [forward([cloud.blue, 1])],
  });
  const calls = ecsCalls(cloud);
  const rule = Rules[0]?.RuleArn ?? "";
  const place = await locate(calls, target({ listener: undefined, rule }));
  const text = await preventionFor(calls, place);
  expect(text).toContain("ignore_changes = [action] } in the aws_lb_listener_rule");
  expect(text).toContain("AWS::ElasticLoadBalancingV2::ListenerRule");
});
