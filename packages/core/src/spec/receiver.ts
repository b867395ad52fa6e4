import { z } from "zod";

import { NOTICE_KINDS } from "../contracts/notice.ts";
import type { NoticeKind } from "../contracts/notice.ts";
import { strict } from "./strict.ts";

const url = z.url({ protocol: /^https?$/, error: "an http or https URL" });

/** A secret stands in the environment, and here only its name. */
const variable = z
  .string({ error: "the name of an environment variable" })
  .regex(/^[A-Za-z_]\w*$/, {
    error: "the name of an environment variable, such as HEADGATE_WEBHOOK_SECRET, never its value",
  });

const allowPrivate = z.boolean({ error: "true or false" }).default(false);

const ONE_ADDRESS = "exactly one of url, urlFrom";

function hasOneAddress({
  url,
  urlFrom,
}: {
  url?: string | undefined;
  urlFrom?: string | undefined;
}) {
  return (url === undefined) !== (urlFrom === undefined);
}

const webhookForm = strict({
  url: url.optional(),
  urlFrom: variable.optional(),
  secretFrom: variable.optional(),
  allowPrivate,
}).refine(hasOneAddress, { error: ONE_ADDRESS });

const slackForm = strict({
  url: url.optional(),
  urlFrom: variable.optional(),
  allowPrivate,
}).refine(hasOneAddress, { error: ONE_ADDRESS });

const snsForm = strict({
  topic: z
    .string({ error: "a topic's ARN" })
    .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/, {
      error: "a topic's ARN, such as arn:aws:sns:eu-central-1:123456789012:releases",
    }),
});

const WAYS = ["webhook", "slack", "sns"] as const;

/** Who is told. Short forms stay as they are written: journals hold them so. */
export const receiver = strict({
  webhook: z
    .union([url, webhookForm], { error: "an http or https URL, or a mapping with url or urlFrom" })
    .optional(),
  slack: slackForm.optional(),
  sns: snsForm.optional(),
  on: z
    .array(z.enum(NOTICE_KINDS), { error: `a list of ${NOTICE_KINDS.join(", ")}` })
    .min(1, { error: "at least one kind, or no on at all for every kind" })
    .optional(),
}).superRefine((value, context) => {
  if (WAYS.filter((way) => value[way] !== undefined).length === 1) return;
  context.addIssue({ code: "custom", message: `exactly one of ${WAYS.join(", ")}` });
});

/** One entry of `notify`, as written. */
export type ReceiverSpec = z.output<typeof receiver>;

/** Where something comes from that may be a secret: the file, or a variable of the environment. */
export type Address =
  | { readonly kind: "given"; readonly url: string }
  | { readonly kind: "variable"; readonly name: string };

export type Receiver = { readonly kinds: readonly NoticeKind[] } & (
  | {
      readonly kind: "webhook";
      readonly address: Address;
      /** The variable that holds the secret to sign with. */
      readonly secretFrom?: string;
      readonly allowPrivate: boolean;
    }
  | { readonly kind: "slack"; readonly address: Address; readonly allowPrivate: boolean }
  | { readonly kind: "sns"; readonly topic: string }
);

/** What an entry of `notify` means, with everything that it leaves out. */
export function receiverOf({ webhook, slack, sns, on }: ReceiverSpec): Receiver {
  const kinds = on ?? NOTICE_KINDS;
  if (sns !== undefined) return { kind: "sns", kinds, topic: sns.topic };
  if (slack !== undefined) {
    const { allowPrivate } = slack;
    return { kind: "slack", kinds, address: addressOf(slack), allowPrivate };
  }
  const form = typeof webhook === "object" ? webhook : { url: webhook, allowPrivate: false };
  const { secretFrom, allowPrivate } = { secretFrom: undefined, ...form };
  return {
    kind: "webhook",
    kinds,
    address: addressOf(form),
    ...(secretFrom === undefined ? {} : { secretFrom }),
    allowPrivate,
  };
}

function addressOf(form: { url?: string | undefined; urlFrom?: string | undefined }): Address {
  const { url: given, urlFrom } = form;
  if (urlFrom !== undefined) return { kind: "variable", name: urlFrom };
  return { kind: "given", url: given ?? "" };
}

/** The variables of the environment that an entry names, with the key that names each. */
export function variablesOf(
  spec: ReceiverSpec,
): readonly { readonly key: readonly string[]; readonly name: string }[] {
  const { webhook, slack } = spec;
  const forms = { webhook: typeof webhook === "object" ? webhook : undefined, slack };
  return Object.entries(forms).flatMap(([way, form]) =>
    Object.entries(form ?? {}).flatMap(([key, name]) =>
      (key === "urlFrom" || key === "secretFrom") && typeof name === "string"
        ? [{ key: [way, key], name }]
        : [],
    ),
  );
}
