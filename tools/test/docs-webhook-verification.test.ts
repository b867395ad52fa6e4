// Protects those who copy the page's verification of webhooks: it takes what headgate sends, and nothing else.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { signedHeaders } from "../../packages/drivers/src/notify/signature.ts";

const page = readFileSync(new URL("../../docs/headgate-yaml.md", import.meta.url), "utf8");
const folder = mkdtempSync(join(tmpdir(), "headgate-webhook-"));
afterAll(() => rmSync(folder, { recursive: true }));

function codeOf(language: string, name: string): string {
  const blocks = page.split(`\`\`\`${language}\n`).slice(1);
  const code = blocks.map((block) => block.split("```")[0] ?? "").find((one) => one.includes(name));
  if (code === undefined) throw new Error(`the page has no ${language} with ${name}`);
  return code;
}

const KEY = Buffer.from("0123456789abcdef0123456789abcdef");
const SECRET = `whsec_${KEY.toString("base64")}`;
const AT = 1_795_237_200;
const BODY = '{"type":"rollout.started","data":{"name":"für"}}';
const headers = signedHeaders({ id: "r1/7", atMs: AT * 1000, body: BODY }, [Buffer.alloc(24), KEY]);

const asJson = JSON.stringify;
const TRIES = [
  ["what was sent", true, headers, BODY, AT + 10],
  ["another body", false, headers, `${BODY} `, AT + 10],
  ["another id", false, { ...headers, "webhook-id": "r1/8" }, BODY, AT],
  ["what is too old", false, headers, BODY, AT + 301],
  ["a time that is none", false, { ...headers, "webhook-timestamp": "soon" }, BODY, AT],
  ["another signature", false, { ...headers, "webhook-signature": "v1,AAAA v1," }, BODY, AT],
  ["no signature", false, {}, BODY, AT],
] as const;

beforeAll(() => {
  writeFileSync(join(folder, "verify.mjs"), codeOf("js", "isGenuine"));
  writeFileSync(join(folder, "verify.py"), codeOf("python", "is_genuine"));
});

it.each(TRIES)("in Node: %s", (_, isGenuine, given, body, at) => {
  const script = `import { isGenuine } from "./verify.mjs";
console.log(isGenuine(${asJson(given)}, ${asJson(body)}, ${asJson(SECRET)}, ${at * 1000}));`;
  const arguments_ = ["--input-type=module", "--eval", script];
  expect(execFileSync(process.execPath, arguments_, { cwd: folder, encoding: "utf8" })).toBe(
    `${isGenuine}\n`,
  );
});

it.each(TRIES)("in Python: %s", (_, isGenuine, given, body, at) => {
  const script = `import json, verify
print(verify.is_genuine(json.loads(${asJson(asJson(given))}), json.loads(${asJson(asJson(body))}).encode(), ${asJson(SECRET)}, ${at}))`;
  const said = execFileSync("python3", ["-c", script], { cwd: folder, encoding: "utf8" });
  expect(said).toBe(isGenuine ? "True\n" : "False\n");
});
