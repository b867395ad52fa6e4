// Protects what Slack gets: blocks within its limits, and nothing in them that a hook's answer could turn into a
// mention or a link; and that its URL, which lets anybody post, is in no message.
import { expect, it } from "vitest";
import { awsClients } from "../../src/aws/clients.ts";
import { awsRunner } from "../../src/aws/runner.ts";
import { systemClock, systemRandom } from "../../src/clock.ts";
import { notifierFor } from "../../src/notify/notifier.ts";
import { slackMessage } from "../../src/notify/slack.ts";
import { expectError } from "../support/expect-error.ts";
import { NOTICE, startReceiver } from "../support/receiver.ts";

interface Message {
  readonly text: string;
  readonly blocks: readonly {
    readonly type: string;
    readonly text?: { readonly text: string };
    readonly elements?: readonly { readonly text: string }[];
  }[];
}

const messageFor = (notice: typeof NOTICE) => JSON.parse(slackMessage(notice)) as Message;

it("has a header, what happened, a link, and where it happened", () => {
  const { text, blocks } = messageFor(NOTICE);
  expect(text).toBe(`checkout: turning back: ${NOTICE.text}`);
  expect(blocks.map(({ type }) => type)).toEqual(["header", "section", "section", "context"]);
  expect(blocks[0]?.text?.text).toBe(":rewind: checkout: turning back");
  expect(blocks[2]?.text?.text).toBe("<https://ci.example.com/r?id=checkout-1|Open the rollout>");
  expect(blocks[3]?.elements?.[0]?.text).toBe(
    "Lambda checkout:live | version 1 90%, version 2 10%  `headgate status checkout-1`",
  );
});

it("escapes what would be a mention or a link", () => {
  const link = "https://ci.example.com/a|b?x=<1>&y=2";
  const { text, blocks } = messageFor({ ...NOTICE, text: "<!channel> & <http://x|y>", link });
  expect(text).toContain("&lt;!channel&gt; &amp; &lt;http://x|y&gt;");
  expect(blocks[1]?.text?.text).toBe("&lt;!channel&gt; &amp; &lt;http://x|y&gt;");
  expect(blocks.find(({ text }) => text?.text.startsWith("<"))?.text?.text).toBe(
    "<https://ci.example.com/a%7Cb?x=%3C1%3E&amp;y=2|Open the rollout>",
  );
});

it("keeps Slack's limits, and cuts no escape in two", () => {
  const long = "&".repeat(20_000);
  const notice = { ...NOTICE, subject: long, text: long, reason: "<".repeat(20_000) };
  const { text, blocks } = messageFor({ ...notice, target: long });
  for (const block of blocks) {
    const most = block.type === "header" ? 150 : 3000;
    for (const one of [block.text, ...(block.elements ?? [])]) {
      expect(one?.text.length ?? 0).toBeLessThanOrEqual(most);
    }
  }
  expect(text).toMatch(/^(&amp;)+…$/);
  expect(blocks[1]?.text?.text).toMatch(/^(&amp;)+…$/);
});

it("is posted to the URL in the environment, which no error shows", async () => {
  const server = await startReceiver((response) => void response.writeHead(403).end("no_service"));
  const run = awsRunner({ clock: systemClock(), random: systemRandom() });
  const notifier = notifierFor({
    receivers: [{ slack: { urlFrom: "SLACK_URL", allowPrivate: true } }],
    clients: awsClients(),
    run,
    environment: { SLACK_URL: server.url },
  });
  const error = await expectError(notifier.notify(NOTICE, 0), "NOTICE_NOT_SENT");
  expect(error.message).toMatch(
    /^notify\[0\] \(slack\) was not told: 127\.0\.0\.1:\d+ answered 403: no_service$/,
  );
  expect(server.got).toHaveLength(1);
  const [finding] = await notifier.preflight();
  expect(JSON.stringify(finding)).not.toContain("a-secret");
});
