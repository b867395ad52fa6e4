import {
  type Notice,
  type Notifier,
  type PreflightFinding,
  type Receiver,
  type ReceiverSpec,
  receiverOf,
  RolloutError,
} from "@headgate/core";
import { type Clock, systemClock } from "../clock.ts";
import { lookAt, type Looked, warning } from "../preflight.ts";
import { payloadOf } from "./payload.ts";
import { post, refusalOf, type Resolve } from "./post.ts";
import { keysOf, signedHeaders } from "./signature.ts";
import { slackMessage } from "./slack.ts";
import { lookAtTopic, publish, type SnsAccess } from "./sns.ts";

export interface NotifierOptions extends SnsAccess {
  /** `notify` of headgate.yaml. */
  readonly receivers: readonly ReceiverSpec[];
  /** Where URLs and secrets are that the file only names. Default: the process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Signatures hold the time of sending. Default: the machine's clock, whatever the rollout follows. */
  readonly clock?: Pick<Clock, "nowMs">;
  readonly resolve?: Resolve;
  /** For one post. Default 5 s. */
  readonly deadlineMs?: number;
}

type HttpReceiver = Exclude<Receiver, { readonly kind: "sns" }>;

/** Tells those whom `notify` names. The same for every kind of target. */
export function notifierFor(options: NotifierOptions): Notifier {
  const receivers = options.receivers.map(receiverOf);
  return {
    async notify(notice, only) {
      const chosen = receivers.map((receiver, index) => ({ receiver, index }));
      const told = await Promise.allSettled(
        chosen
          .filter(({ index }) => only === undefined || index === only)
          .map(({ receiver, index }) => tellOne(options, receiver, index, notice)),
      );
      const failures = told.flatMap((result) =>
        result.status === "rejected" ? [asError(result.reason)] : [],
      );
      const [first] = failures;
      if (first === undefined) return;
      if (failures.length === 1) throw first;
      const all = failures.map(({ message }) => message).join("; ");
      throw new RolloutError("NOTICE_NOT_SENT", all, { hint: HINT });
    },
    preflight: () =>
      Promise.all(receivers.map((receiver, index) => lookAtOne(options, receiver, index))),
  };
}

const HINT = "Check the receiver under notify; the rollout goes on without it.";

async function tellOne(
  options: NotifierOptions,
  receiver: Receiver,
  index: number,
  notice: Notice,
): Promise<void> {
  if (receiver.kind === "sns") return publish(options, receiver, notice);
  try {
    const { resolve, deadlineMs } = options;
    const url = urlOf(options, receiver);
    const { allowPrivate } = receiver;
    const { body, headers } = messageFor(options, receiver, notice);
    await post({ url, body, headers, allowPrivate, resolve, deadlineMs });
  } catch (error) {
    const message = `notify[${index}] (${receiver.kind}) was not told: ${asError(error).message}`;
    throw new RolloutError("NOTICE_NOT_SENT", message, { hint: HINT });
  }
}

function messageFor(options: NotifierOptions, receiver: HttpReceiver, notice: Notice) {
  if (receiver.kind === "slack") return { body: slackMessage(notice), headers: {} };
  const body = payloadOf(notice);
  const atMs = (options.clock ?? systemClock()).nowMs();
  return {
    body,
    headers: signedHeaders({ id: notice.id, atMs, body }, keysFor(options, receiver)),
  };
}

/** @throws {RolloutError} NOTICE_NOT_SENT: a secret that is not there or not one. Unsigned, nothing is sent. */
function keysFor(options: NotifierOptions, { secretFrom }: { readonly secretFrom?: string }) {
  if (secretFrom === undefined) return [];
  const keys = keysOf(variable(options, secretFrom));
  if (typeof keys !== "string") return keys;
  throw new RolloutError("NOTICE_NOT_SENT", `the secret in ${secretFrom} ${keys}`, {
    hint: `Set ${secretFrom} to whsec_ and 24 to 64 random bytes in base64: \`echo "whsec_$(openssl rand -base64 32)"\`.`,
  });
}

/** @throws {RolloutError} NOTICE_NOT_SENT. The URL itself is in no message. */
function urlOf(options: NotifierOptions, { address }: HttpReceiver): URL {
  const given = address.kind === "given" ? address.url : variable(options, address.name);
  const url = URL.parse(given);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  const where = address.kind === "given" ? "the URL" : `the value of ${address.name}`;
  throw new RolloutError("NOTICE_NOT_SENT", `${where} is not an http or https URL`, { hint: HINT });
}

function variable({ environment = process.env }: NotifierOptions, name: string): string {
  const value = environment[name];
  if (value !== undefined && value !== "") return value;
  throw new RolloutError("NOTICE_NOT_SENT", `the environment variable ${name} is not set`, {
    hint: `Set ${name} where headgate runs.`,
  });
}

/** What is wrong with a receiver is a warning: nobody's release waits for a chat. */
async function lookAtOne(
  options: NotifierOptions,
  receiver: Receiver,
  index: number,
): Promise<PreflightFinding> {
  const found = await lookAt(`notify[${index}]`, () => lookAtReceiver(options, receiver));
  return found.outcome === "problem" ? { ...found, outcome: "warning" } : found;
}

function lookAtReceiver(options: NotifierOptions, receiver: Receiver): Looked | Promise<Looked> {
  if (receiver.kind === "sns") return lookAtTopic(options, receiver);
  const url = urlOf(options, receiver);
  const refusal = refusalOf(url, receiver.allowPrivate);
  if (refusal !== undefined) return warning(refusal, "Nothing would be sent there.");
  if (receiver.kind === "webhook") keysFor(options, receiver);
  if (url.protocol === "http:" && !receiver.allowPrivate) {
    return warning(`${url.host} is told over http`, "Use https: http is not encrypted.");
  }
  return `${receiver.kind} ${url.host}`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
