import type { Notice, NoticeKind } from "@headgate/core";

/** Source: Slack's reference of blocks: a section's text has at most 3000 characters, a header's 150. */
const SECTION_CHARACTERS = 3000;
const HEADER_CHARACTERS = 150;

const SIGNS = {
  started: ":arrow_forward:",
  step: ":small_blue_diamond:",
  held: ":hourglass:",
  paused: ":raised_hand:",
  resumed: ":arrow_forward:",
  promoted: ":rocket:",
  turningBack: ":rewind:",
  aborted: ":leftwards_arrow_with_hook:",
  degraded: ":rotating_light:",
  trouble: ":warning:",
  finished: ":white_check_mark:",
} as const satisfies Record<NoticeKind, string>;

/** A message for an incoming webhook: blocks, and a text for notifications and old clients. */
export function slackMessage(notice: Notice): string {
  const { kind, subject, text, reason, link, target, route, rollout } = notice;
  const context = [target, route].filter((word) => word !== "").join(" | ");
  const where = `\`headgate status ${escaped(rollout, 200)}\``;
  const details = text.includes(reason) ? [] : [section(`*Why:* ${escaped(reason, 2900)}`)];
  return JSON.stringify({
    text: escaped(`${subject}: ${text}`, SECTION_CHARACTERS),
    unfurl_links: false,
    blocks: [
      {
        type: "header",
        text: { type: "plain_text", text: cut(`${SIGNS[kind]} ${subject}`, HEADER_CHARACTERS) },
      },
      section(escaped(text, SECTION_CHARACTERS)),
      ...details,
      ...(link === undefined ? [] : [section(`<${linkTarget(link)}|Open the rollout>`)]),
      {
        type: "context",
        elements: [mrkdwn(`${escaped(context, 1500)}  ${where}`)],
      },
    ],
  });
}

function section(text: string) {
  return { type: "section", text: mrkdwn(text) };
}

/** `verbatim`: what looks like a channel or a person in a hook's answer stays what it is. */
function mrkdwn(text: string) {
  return { type: "mrkdwn", text, verbatim: true };
}

/** `&`, `<` and `>` begin mentions and links in Slack's text. Never cut in the middle of an escape. */
function escaped(text: string, most: number): string {
  const safe = (character: string) => ESCAPES[character] ?? character;
  const characters = Array.from(text, safe);
  if (characters.join("").length <= most) return characters.join("");
  let length = 1;
  const kept = characters.filter((character) => (length += character.length) <= most);
  return `${kept.join("")}…`;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** In a link `|` ends the address. */
function linkTarget(link: string): string {
  return escaped(new URL(link).href.replaceAll("|", "%7C"), 2000);
}
