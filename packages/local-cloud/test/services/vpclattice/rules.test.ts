/*
 * Protects the choice of a rule: the lowest number first, all conditions at once, case as the rule says, and the
 * default action when nothing matches.
 */
import {
  BatchUpdateRuleCommand,
  CreateRuleCommand,
  DeleteRuleCommand,
  GetRuleCommand,
  type HeaderMatch,
  type HttpMatch,
  ListRulesCommand,
  UpdateRuleCommand,
} from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matchesRule } from "../../../src/data-plane/vpc-lattice/rule-match.ts";
import { readMatch } from "../../../src/services/vpclattice/rule-matches.ts";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { latticeCloud, type LatticeCloud } from "./lattice-cloud.ts";

describe("conditions", () => {
  const path = (match: { exact: string } | { prefix: string }, caseSensitive?: boolean) =>
    ({ pathMatch: { match: pathType(match), caseSensitive } }) satisfies HttpMatch;
  const header = (match: NonNullable<HeaderMatch["match"]>, caseSensitive?: boolean) =>
    ({ headerMatches: [{ name: "X-Tier", match, caseSensitive }] }) satisfies HttpMatch;

  function pathType(match: { exact: string } | { prefix: string }) {
    return "exact" in match ? { exact: match.exact } : { prefix: match.prefix };
  }

  it.each<[string, HttpMatch, string, boolean]>([
    ["method", { method: "GET" }, "GET /a", true],
    ["another method", { method: "POST" }, "GET /a", false],
    ["exact path", path({ exact: "/a" }), "GET /a", true],
    ["exact path, longer", path({ exact: "/a" }), "GET /a/b", false],
    ["exact path, other case", path({ exact: "/A" }), "GET /a", true],
    ["exact path, other case, sensitive", path({ exact: "/A" }, true), "GET /a", false],
    ["prefix", path({ prefix: "/a" }), "GET /a/b", true],
    ["prefix, not there", path({ prefix: "/b" }), "GET /a/b", false],
    ["exact header", header({ exact: "Gold" }), "GET /a gold", true],
    ["exact header, sensitive", header({ exact: "Gold" }, true), "GET /a gold", false],
    ["header prefix", header({ prefix: "go" }), "GET /a gold", true],
    ["header contains", header({ contains: "ol" }), "GET /a gold", true],
    ["header contains, not there", header({ contains: "xx" }), "GET /a gold", false],
    ["missing header", header({ contains: "ol" }), "GET /a", false],
    [
      "all of them",
      { method: "GET", ...path({ prefix: "/" }), ...header({ exact: "gold" }) },
      "GET /a gold",
      true,
    ],
    [
      "all but one",
      { method: "PUT", ...path({ prefix: "/" }), ...header({ exact: "gold" }) },
      "GET /a gold",
      false,
    ],
  ])("%s", (_name, httpMatch, request, expected) => {
    const [method = "", target = "", tier] = request.split(" ");
    const match = readMatch({ httpMatch });
    const given = {
      method,
      path: target,
      header: (name: string) => (name === "x-tier" ? tier : undefined),
    };
    expect(matchesRule(match, given)).toBe(expected);
  });
});

describe("rules of a listener", () => {
  let at: LatticeCloud;
  let service: Awaited<ReturnType<LatticeCloud["service"]>>;
  const ids = new Map<string, string>();
  beforeAll(async () => {
    at = await latticeCloud();
    service = await at.service({ fixedResponse: { statusCode: 404 } });
  });
  afterAll(() => at.close());

  const listener = () => ({
    serviceIdentifier: service.id,
    listenerIdentifier: service.listenerId,
  });

  async function addRule(name: string, priority: number, prefix: string) {
    const { id = "" } = await at.lattice.send(
      new CreateRuleCommand({
        ...listener(),
        name,
        priority,
        match: { httpMatch: { pathMatch: { match: { prefix } } } },
        action: { fixedResponse: { statusCode: 500 } },
      }),
    );
    ids.set(name, id);
    return id;
  }

  it("serves by the lowest priority, and by the default action otherwise", async () => {
    const empty = await at.group();
    await addRule("errors", 20, "/err");
    const { id } = await at.lattice.send(
      new CreateRuleCommand({
        ...listener(),
        name: "nowhere",
        priority: 10,
        match: { httpMatch: { method: "GET", pathMatch: { match: { exact: "/err/none" } } } },
        action: { forward: { targetGroups: [{ targetGroupIdentifier: empty.arn }] } },
      }),
    );
    ids.set("nowhere", id ?? "");
    expect((await service.call("/err/none")).status).toBe(503);
    expect((await service.call("/err/none", { method: "POST" })).status).toBe(500);
    expect((await service.call("/err/any?x=/other")).status).toBe(500);
    expect((await service.call("/other?x=/err")).status).toBe(404);
  });

  it("has a default rule without a priority, which only its listener changes", async () => {
    const { items = [] } = await at.lattice.send(new ListRulesCommand(listener()));
    expect(items.map(({ name, isDefault, priority }) => [name, isDefault, priority])).toEqual([
      ["default", true, undefined],
      ["errors", false, 20],
      ["nowhere", false, 10],
    ]);
    const ruleIdentifier = items[0]?.id;
    const rule = await at.lattice.send(new GetRuleCommand({ ...listener(), ruleIdentifier }));
    expect(rule).toMatchObject({ isDefault: true, action: { fixedResponse: { statusCode: 404 } } });
    const removed = at.lattice.send(new DeleteRuleCommand({ ...listener(), ruleIdentifier }));
    expect(await errorOf(removed)).toMatchObject({ name: "ValidationException" });
  });

  it("keeps priorities unique, and swaps them in one call", async () => {
    expect(await errorOf(addRule("again", 20, "/x"))).toMatchObject({
      name: "ConflictException",
      status: 409,
    });
    const move = at.lattice.send(
      new UpdateRuleCommand({ ...listener(), ruleIdentifier: ids.get("errors"), priority: 10 }),
    );
    expect(await errorOf(move)).toMatchObject({ name: "ConflictException" });
    const swapped = await at.lattice.send(
      new BatchUpdateRuleCommand({
        ...listener(),
        rules: [
          { ruleIdentifier: ids.get("errors"), priority: 10 },
          { ruleIdentifier: ids.get("nowhere"), priority: 20 },
          { ruleIdentifier: "rule-00000000000000000", priority: 30 },
        ],
      }),
    );
    expect(swapped.successful?.map(({ priority }) => priority)).toEqual([10, 20]);
    expect(swapped.unsuccessful).toMatchObject([
      { ruleIdentifier: "rule-00000000000000000", failureCode: "ResourceNotFoundException" },
    ]);
    expect((await service.call("/err/none")).status).toBe(500);
  });

  it("refuses a priority outside of its range", async () => {
    expect(await errorOf(addRule("far", 2001, "/x"))).toMatchObject({
      name: "ValidationException",
    });
  });
});
