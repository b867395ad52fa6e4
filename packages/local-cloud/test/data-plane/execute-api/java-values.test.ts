// Protects the ways in which Java's values, methods and patterns differ from JavaScript's.
import { describe, expect, it } from "vitest";
import { compileJavaPattern } from "../../../src/data-plane/execute-api/mapping/java-pattern.ts";
import { javaMethod, javaText } from "../../../src/data-plane/execute-api/mapping/java-values.ts";
import {
  select,
  TemplateUtil,
} from "../../../src/data-plane/execute-api/mapping/template-objects.ts";

describe("javaText", () => {
  it.each([
    [{ foo: "bar" }, "{foo=bar}"],
    [[{ foo: "bar" }], '[{"foo":"bar"}]'],
    [{ foo: [{ nested: "bar" }] }, '{foo=[{"nested":"bar"}]}'],
    [{ bigger: "dict", to: "test" }, "{bigger=dict, to=test}"],
    [null, ""],
    [undefined, ""],
    [12.5, "12.5"],
    [false, "false"],
  ])("prints %j as %s", (value, text) => {
    expect(javaText(value)).toBe(text);
  });
});

describe("javaMethod", () => {
  it("never reaches a prototype, whatever the key", () => {
    const map: Record<string, unknown> = {};
    javaMethod(map, "put")?.(["__proto__", { polluted: true }]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
    expect(javaMethod(map, "get")?.(["__proto__"])).toEqual({ polluted: true });
    expect(javaMethod({}, "get")?.(["constructor"])).toBeUndefined();
    expect(javaMethod({}, "constructor")).toBeUndefined();
  });

  it("answers for lists and strings as Java does", () => {
    expect(javaMethod(["a", "b"], "get")?.([1])).toBe("b");
    expect(javaMethod(["a", "b"], "size")?.([])).toBe(2);
    expect(javaMethod("a.b.c", "split")?.(["\\."])).toEqual(["a", "b", "c"]);
    expect(javaMethod("a.b.c", "replace")?.([".", "$&"])).toBe("a$&b$&c");
  });
});

describe("compileJavaPattern", () => {
  it("matches the whole text and reads flags at the beginning", () => {
    expect(compileJavaPattern("5\\d{2}").test("503")).toBe(true);
    expect(compileJavaPattern("5\\d{2}").test("5031")).toBe(false);
    expect(compileJavaPattern("(?i).*error.*").test("An Error here")).toBe(true);
    expect(compileJavaPattern(".*").test("two\nlines")).toBe(false);
    expect(compileJavaPattern("(?s).*").test("two\nlines")).toBe(true);
    expect(() => compileJavaPattern("(")).toThrow(SyntaxError);
  });
});

describe("select", () => {
  const json = { store: { book: [{ price: 5 }, { price: 20 }] } };

  it.each([
    ["$", json],
    ["$.store.book[0].price", 5],
    ["$.store.book[*].price", [5, 20]],
    ["$.store.book[?(@.price > 10)].price", [20]],
    ["$.missing", null],
  ])("finds %s", (path, expected) => {
    expect(select(json, path)).toEqual(expected);
  });

  it("runs no code of the template's author in this process", () => {
    const path = "$..[?(globalThis.leaked = true)]";
    try {
      select(json, path);
    } catch {
      // Refusing the expression is as good as finding nothing.
    }
    expect((globalThis as Record<string, unknown>)["leaked"]).toBeUndefined();
  });
});

it("escapes for JavaScript and for URLs as Java's libraries do", () => {
  const util = new TemplateUtil();
  expect(util.escapeJavaScript(`a'b"c/d\\e\n\u00e9`)).toBe(`a\\'b\\"c\\/d\\\\e\\n\\u00E9`);
  expect(util.urlEncode("a b*c~d(e)'f")).toBe("a+b*c%7Ed%28e%29%27f");
});
