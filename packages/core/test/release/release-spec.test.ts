// Protects what a release's file may say: its targets are whole specifications, in an order that can be followed, and
// what is wrong is named with its place.
import { describe, expect, it } from "vitest";
import { checkRelease, isReleaseText, parseRelease } from "../../src/index.ts";

const TARGETS = `
  targets:
    api:
      target: { lambda: { function: api, alias: live } }
      revision: { version: 2 }
      strategy: { allAtOnce: {} }
    web:
      target: { apiGateway: { api: shop, stage: prod } }
      revision: { apiAsItIs: true }
      strategy: { allAtOnce: {} }
      notify: [{ webhook: "https://web.example" }]
`;

const FILE = `name: shop\nnotify: [{ webhook: "https://all.example" }]\nrelease:${TARGETS}`;

describe("a release's file", () => {
  it("makes one specification of each target, which has what the file says for all", () => {
    const { release } = parseRelease(FILE, "headgate.yaml");
    expect(release).toMatchObject({ name: "shop", shift: "sequence" });
    expect(release.members.map(({ target, needs, spec }) => [target, needs, spec.name])).toEqual([
      ["api", [], "shop-api"],
      ["web", ["api"], "shop-web"],
    ]);
    expect(JSON.stringify(release.members[0]?.spec.notify)).toContain("all.example");
    expect(JSON.stringify(release.members[1]?.spec.notify)).toContain("web.example");
  });

  it("puts what others need first", () => {
    const { release } = parseRelease(`${FILE}  needs: { api: [web] }\n`, "headgate.yaml");
    expect(release.members.map(({ target }) => target)).toEqual(["web", "api"]);
  });

  it.each([
    [
      "a circle",
      `${FILE}  needs: { api: [web], web: [api] }\n`,
      "14:10: release.needs: a circle, so none of them could ever begin: api needs web; web needs api",
    ],
    ["a target that needs itself", `${FILE}  needs: { api: [api] }\n`, "a circle"],
    [
      "a needed target that is not there",
      `${FILE}  needs: { web: [aip] }\n`,
      `there is no target "aip". Did you mean "api"? Targets: api, web.`,
    ],
    [
      "needs of a target that is not there",
      `${FILE}  needs: { wbe: [api] }\n`,
      `there is no target "wbe". Did you mean "web"?`,
    ],
    [
      "a target's name that is none",
      FILE.replace("    web:", "    web front:"),
      `expected a target's name: 1 to 63 letters, digits, "-" and "_"`,
    ],
    ["one target alone", "name: shop\nrelease: { targets: {} }\n", "at least two targets"],
    [
      "what is wrong in a target",
      FILE.replace("version: 2", "version: x"),
      "release.targets.api.revision.version",
    ],
    [
      "what does not fit in a target",
      FILE.replace("apiAsItIs: true", "folder: code"),
      "release.targets.web.revision.folder: a target of kind apiGateway takes no folder",
    ],
    [
      "a name that gets too long",
      FILE.replace("name: shop", `name: ${"s".repeat(60)}`),
      "is longer than 63 characters",
    ],
    [
      "another word",
      FILE.replace("release:", "release:\n  shfit: together"),
      `unknown key "shfit". Did you mean "shift"?`,
    ],
  ])("%s is refused where it stands", (_name, text, said) => {
    const { release, findings } = checkRelease(text);
    expect(release).toBeUndefined();
    const shown = findings.map(
      ({ line, column, path, message }) => `${line}:${column}: ${path}: ${message}`,
    );
    expect(shown.join("\n")).toContain(said);
  });

  it("is told from a rollout's by its key, and only by that", () => {
    expect(isReleaseText(FILE)).toBe(true);
    expect(isReleaseText('{\n  "name": "shop",\n  "release": {}\n}')).toBe(true);
    expect(isReleaseText("[]")).toBe(false);
    expect(isReleaseText("text: {")).toBe(false);
    expect(isReleaseText("name: release\nlink: https://a.example/release:1\n# release: no\n")).toBe(
      false,
    );
  });
});
