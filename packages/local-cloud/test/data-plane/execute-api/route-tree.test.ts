// Protects the choice of a resource by path: literal, then variable, then greedy.
import { describe, expect, it } from "vitest";
import { RouteTree } from "../../../src/data-plane/execute-api/route-tree.ts";

function treeOf(...paths: string[]) {
  const tree = new RouteTree<string>();
  for (const path of paths) tree.add(path, path);
  return (path: string, accepts: (target: string) => boolean = () => true) =>
    tree.match(path, accepts);
}

describe("RouteTree", () => {
  const match = treeOf("/", "/pets", "/pets/{id}", "/pets/mine", "/pets/{id}/toys", "/{proxy+}");

  it.each([
    ["/", "/", undefined],
    ["/pets", "/pets", undefined],
    ["/pets/", "/pets", undefined],
    ["/pets/7", "/pets/{id}", { id: "7" }],
    ["/pets/mine", "/pets/mine", undefined],
    ["/pets/mine/toys", "/pets/{id}/toys", { id: "mine" }],
    ["/pets/7/food", "/{proxy+}", { proxy: "pets/7/food" }],
    ["/a//b/", "/{proxy+}", { proxy: "a//b" }],
    ["/%70ets", "/pets", undefined],
    ["/pets/a%2Fb", "/pets/{id}", { id: "a%2Fb" }],
  ])("sends %s to %s", (path, target, pathParameters) => {
    expect(match(path)).toEqual({ target, pathParameters });
  });

  it("finds nothing where nothing fits", () => {
    const only = treeOf("/pets/{id}");
    expect(only("/")).toBeUndefined();
    expect(only("/pets")).toBeUndefined();
    expect(only("/pets//")).toBeUndefined();
    expect(only("/pets/1/2")).toBeUndefined();
  });

  it("goes on to a less specific resource when the first does not serve the request", () => {
    expect(match("/pets", (target) => target !== "/pets")).toEqual({
      target: "/{proxy+}",
      pathParameters: { proxy: "pets" },
    });
  });
});
