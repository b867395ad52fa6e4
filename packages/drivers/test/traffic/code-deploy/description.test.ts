// Protects what our deployments are known by: the names that CloudFormation makes are long, AWS limits a description, and
// no two releases may share one.
import { expect, it } from "vitest";
import { descriptionOf, leadsTo, viewOf } from "../../../src/traffic/code-deploy/deployment.ts";

/** As long as ECS lets a name of a service, a cluster or a family be. */
const LONG = "Shop-".repeat(51);

it("says names as they are while there is room", () => {
  expect(descriptionOf("service web of cluster shop", "web:1", "web:2")).toBe(
    "headgate service web of cluster shop: web:1 to web:2",
  );
});

it("is never longer than 256 characters, and differs where a name differs at its end", () => {
  const subject = `service ${LONG} of cluster ${LONG}`;
  const one = descriptionOf(subject, `${LONG}:1`, `${LONG}:2`);
  expect(one.length).toBeLessThanOrEqual(256);
  expect(descriptionOf(subject, `${LONG}:1`, `${LONG}:2`)).toBe(one);
  const others = [
    descriptionOf(`${subject}-two`, `${LONG}:1`, `${LONG}:2`),
    descriptionOf(subject, `${LONG}:3`, `${LONG}:2`),
    descriptionOf(subject, `${LONG}:1`, `${LONG}:3`),
  ];
  expect(new Set([one, ...others]).size).toBe(4);
});

it("tells to which version it leads, however long its name", () => {
  const view = viewOf({ description: descriptionOf("x", `${LONG}:1`, `${LONG}:12`) });
  expect(leadsTo(view, `${LONG}:12`)).toBe(true);
  expect(leadsTo(view, `${LONG}:2`)).toBe(false);
  expect(leadsTo(view, `${LONG}:1`)).toBe(false);
});
