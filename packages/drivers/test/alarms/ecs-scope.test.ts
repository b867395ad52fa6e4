// Protects the judgement of what alarms watch in a release of an ECS service: names that CloudWatch does not know never
// fire, and neither do those of other load balancers, target groups, clusters and services.
import { expect, it } from "vitest";
import { ecsScope } from "../../src/alarms/ecs-scope.ts";

const ID = "50dc6c495c0c9188";
const PLACE = {
  loadBalancer: `app/shop/${ID}`,
  targetGroups: [`targetgroup/blue/${ID}`, "targetgroup/green/73e2d6bc24d8a067"],
  clusterName: "shop",
  serviceName: "web",
};

function judged(Namespace: string, dimensions: Readonly<Record<string, string>>, place = true) {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const metric = { Namespace, MetricName: "Any", Dimensions };
  return ecsScope(place ? PLACE : undefined)(metric, { stable: "web:1" });
}

const ELB = "AWS/ApplicationELB";

it.each([
  ["the load balancer", ELB, { LoadBalancer: PLACE.loadBalancer }, "right"],
  ["the load balancer's id alone", ELB, { LoadBalancer: ID }, "wrong"],
  ["the load balancer's name alone", ELB, { LoadBalancer: "shop" }, "wrong"],
  ["another load balancer", ELB, { LoadBalancer: `app/other/${ID}` }, "wrong"],
  [
    "one target group",
    ELB,
    { LoadBalancer: PLACE.loadBalancer, TargetGroup: `targetgroup/blue/${ID}` },
    "odd",
  ],
  [
    "a target group's id alone",
    ELB,
    { LoadBalancer: PLACE.loadBalancer, TargetGroup: ID },
    "wrong",
  ],
  [
    "a third target group",
    ELB,
    { LoadBalancer: PLACE.loadBalancer, TargetGroup: `targetgroup/red/${ID}` },
    "wrong",
  ],
  ["no dimension of a load balancer's", ELB, { ServiceName: "web" }, "wrong"],
  ["the service", "AWS/ECS", { ClusterName: "shop", ServiceName: "web" }, "right"],
  ["another service", "AWS/ECS", { ClusterName: "shop", ServiceName: "api" }, "wrong"],
  ["another cluster", "AWS/ECS", { ClusterName: "lab", ServiceName: "web" }, "wrong"],
  ["the whole cluster", "ECS/ContainerInsights", { ClusterName: "shop" }, "odd"],
  ["a metric of one's own", "Shop", { Any: "thing" }, "right"],
])("judges an alarm on %s", (_, namespace, dimensions, kind) => {
  expect(judged(namespace, dimensions).kind).toBe(kind);
});

it("says how the name should be, and what it can say without having found the service", () => {
  expect(judged(ELB, { LoadBalancer: ID }).hint).toContain(`app/shop/${ID}`);
  expect(judged(ELB, { LoadBalancer: ID }, false).kind).toBe("wrong");
  expect(judged(ELB, { LoadBalancer: "app/other/0" }, false).kind).toBe("right");
});
