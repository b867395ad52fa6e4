// Protects `notify` in headgate.yaml: short forms mean what they meant, secrets stay out of the file, and every wrong
// entry is named with what is allowed.
import { describe, expect, it } from "vitest";

import { checkSpec, NOTICE_KINDS, receiverOf } from "../../src/index.ts";

const HEAD = `name: checkout
target: { lambda: { function: checkout, alias: live } }
revision: { version: 2 }
strategy: { allAtOnce: {} }
`;

const check = (notify: string, isSet?: (name: string) => boolean) =>
  checkSpec(`${HEAD}notify:\n  - ${notify}\n`, isSet);

function receiver(notify: string) {
  const [entry] = check(notify).spec?.notify ?? [];
  if (entry === undefined) throw new Error(JSON.stringify(check(notify).findings));
  return receiverOf(entry);
}

describe("an entry of notify", () => {
  it("means every kind and no private address unless it says otherwise", () => {
    const address = { kind: "given", url: "https://hooks.example.com/a" };
    const plain = { kind: "webhook", kinds: NOTICE_KINDS, address, allowPrivate: false };
    expect(receiver("webhook: https://hooks.example.com/a")).toEqual(plain);
    expect(receiver("webhook: { url: https://hooks.example.com/a }")).toEqual(plain);
  });

  it("names variables for what is secret", () => {
    expect(
      receiver("{ webhook: { urlFrom: A, secretFrom: B, allowPrivate: true }, on: [held] }"),
    ).toEqual({
      kind: "webhook",
      kinds: ["held"],
      address: { kind: "variable", name: "A" },
      secretFrom: "B",
      allowPrivate: true,
    });
    expect(receiver("slack: { urlFrom: SLACK_URL }")).toMatchObject({
      kind: "slack",
      address: { kind: "variable", name: "SLACK_URL" },
    });
    const topic = "arn:aws:sns:eu-central-1:123456789012:releases";
    expect(receiver(`sns: { topic: "${topic}" }`)).toMatchObject({ kind: "sns", topic });
  });

  it.each([
    ["{}", "exactly one of webhook, slack, sns"],
    ["{ webhook: https://a.example, slack: { urlFrom: A } }", "exactly one of webhook, slack, sns"],
    ["webhook: ftp://a.example", "an http or https URL"],
    ["webhook: {}", "exactly one of url, urlFrom"],
    ["webhook: { url: https://a.example, secret: hunter2 }", `unknown key "secret"`],
    ["webhook: { url: https://a.example, secretFrom: whsec_a+b= }", "never its value"],
    ["slack: { url: https://a.example, urlFrom: A }", "exactly one of url, urlFrom"],
    ["sns: { topic: releases }", "a topic's ARN, such as arn:aws:sns:"],
    ["{ webhook: https://a.example, on: [] }", "at least one kind"],
    ["{ webhook: https://a.example, on: [rolledBack] }", "one of started, step, held"],
    ["{ webook: https://a.example }", `Did you mean "webhook"?`],
  ])("is refused: %s", (notify, message) => {
    const { spec, findings } = check(notify);
    expect(spec).toBeUndefined();
    expect(findings.map((finding) => finding.message).join("\n")).toContain(message);
    expect(findings[0]?.path).toMatch(/^notify\[0\]/);
    expect(JSON.stringify(findings)).not.toContain("whsec_a+b=");
  });

  it.each([
    [
      "webhook: { url: https://a.example, secretFrom: B }",
      "notify[0].webhook.secretFrom",
      "B is not",
    ],
    ["slack: { urlFrom: A }", "notify[0].slack.urlFrom", "variable A is not set"],
    ["slack: { url: https://a.example }", "notify[0].slack", "lets anybody post"],
    ["webhook: http://a.example", "notify[0].webhook", "http is not encrypted"],
  ])("is warned of: %s", (notify, path, message) => {
    const { spec, findings } = check(notify, () => false);
    expect(spec).toBeDefined();
    expect(findings).toMatchObject([{ severity: "warning", path, line: 6 }]);
    expect(findings[0]?.message).toContain(message);
    expect(check("slack: { urlFrom: A }", () => true).findings).toEqual([]);
  });
});

describe("link", () => {
  it.each(["https://ci.example.com/{rollout}", "http://ci/?a={rollout}&b=1", "https://ci.example"])(
    "takes %s",
    (link) => {
      expect(checkSpec(`${HEAD}link: "${link}"\n`).spec?.link).toBe(link);
    },
  );

  it.each(["ci.example.com/{rollout}", "https://ci.example.com/{name}", "https://ci /{rollout}"])(
    "refuses %s",
    (link) => {
      expect(checkSpec(`${HEAD}link: "${link}"\n`).findings[0]?.message).toContain("{rollout}");
    },
  );
});
