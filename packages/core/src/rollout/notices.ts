import type { Notice, NoticeKind } from "../contracts/notice.ts";
import { receiverOf } from "../spec/receiver.ts";
import { formatWeight, NO_TRAFFIC } from "../weight.ts";
import type { NoticeCommand } from "./command.ts";
import { formatRoute } from "./route.ts";
import { change, drop, issue } from "./turn.ts";
import type { Turn } from "./turn.ts";

const SUBJECTS = {
  started: "started",
  step: "step done",
  held: "held",
  paused: "paused",
  resumed: "going on",
  promoted: "promoted",
  turningBack: "turning back",
  aborted: "back on stable",
  degraded: "not back on stable",
  trouble: "trouble",
  finished: "finished",
} as const satisfies Record<NoticeKind, string>;

/**
 * Tells the receivers that the spec names for this kind. One command for each, so that one that fails is tried
 * again alone. Best effort: nothing but the rollout's very end waits for it.
 */
export function tell(turn: Turn, kind: NoticeKind, text: string, reason = text): Turn {
  const { rollout, atMs } = turn;
  const { id, name, spec, weight, route, target, nextCommand } = rollout;
  const notice: Notice = {
    id: `${id}/${nextCommand}`,
    kind,
    rollout: id,
    name,
    target: target.label,
    subject: `${name}: ${kind === "step" ? `canary at ${formatWeight(weight)}` : SUBJECTS[kind]}`,
    text,
    reason,
    weight,
    route: formatRoute(route),
    ...(spec.link === undefined ? {} : { link: linkFor(spec.link, id) }),
    atMs,
  };
  return spec.notify.reduce(
    (told, receiver, index) =>
      receiverOf(receiver).kinds.includes(kind)
        ? issue(told, { kind: "notify", notice, receiver: index })
        : told,
    turn,
  );
}

function linkFor(template: string, rollout: string): string {
  return template.replaceAll("{rollout}", encodeURIComponent(rollout));
}

/** A ramp has very many weights: people are told of the first, and of each that is twice the last they know. */
export function tellOfRamp(turn: Turn, reason: string): Turn {
  const { weight, toldWeight = 0, spec } = turn.rollout;
  if (spec.notify.length === 0 || weight === 0 || weight < 2 * toldWeight) return turn;
  const text = `${formatWeight(weight)} of the traffic is on the canary`;
  return tell(change(turn, { toldWeight: weight }), "step", text, reason);
}

/** How long a weight is held before people are told: most holds end with the next reading. */
const HELD_TOLD_AFTER_MS = 10_000;

/** Guards that take turns must not make a flood. */
const HELD_TOLD_AGAIN_AFTER_MS = 60_000;

/** Told when guards have held the weight for some seconds, and when others hold it. */
export function tellOfHold(turn: Turn, guards: string, text: string): Turn {
  const { rollout, atMs } = turn;
  if (rollout.spec.notify.length === 0) return turn;
  const { hold } = rollout;
  if (hold === undefined) {
    return change(turn, { hold: { toldOf: "", notBeforeMs: atMs + HELD_TOLD_AFTER_MS } });
  }
  if (hold.toldOf === guards || atMs < hold.notBeforeMs) return turn;
  const told = { toldOf: guards, notBeforeMs: atMs + HELD_TOLD_AGAIN_AFTER_MS };
  return tell(change(turn, { hold: told }), "held", text);
}

/** Guards that are blind by turns must not make a flood. */
const BLIND_TOLD_AGAIN_AFTER_MS = 600_000;

/** Told when alarms cannot be read, also while nothing waits for them: the canary is not watched. */
export function tellOfBlindness(turn: Turn, text: string, reason: string): Turn {
  const { rollout, atMs } = turn;
  const { toldBlindAtMs = -Infinity, spec } = rollout;
  if (spec.notify.length === 0 || atMs < toldBlindAtMs + BLIND_TOLD_AGAIN_AFTER_MS) return turn;
  return tell(change(turn, { toldBlindAtMs: atMs }), "trouble", text, reason);
}

/** Whatever held the weight holds it no more. */
export function endHold(turn: Turn): Turn {
  return drop(turn, "hold");
}

/** What the words of older journals' subjects stand for: their notices had no kind. */
const OLDER_KINDS: Readonly<Record<string, NoticeKind>> = {
  paused: "paused",
  promoted: "promoted",
  "turning back": "turningBack",
  aborted: "aborted",
};

/** The notice of a command, also of one that an older journal has outstanding. */
export function noticeOf({ id, notice }: NoticeCommand): Notice {
  if ("kind" in notice) return notice;
  const [name = "", word = ""] = notice.subject.split(": ");
  const { rollout, subject, text, atMs } = notice;
  const kind = OLDER_KINDS[word] ?? "degraded";
  const unknown = { target: "", weight: NO_TRAFFIC, route: "" };
  return { id, kind, rollout, name, subject, text, reason: text, atMs, ...unknown };
}
