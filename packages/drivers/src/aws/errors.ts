import { type ErrorCode, RolloutError } from "@headgate/core";
import { type FailureKind, failureKindOf } from "./failure.ts";

/** What was asked of AWS, for messages. */
export interface AwsRequest {
  /** As an IAM policy names it, for it is what a denied caller must be allowed: "lambda:GetAlias". */
  readonly action: string;
  /** What it was asked of: "alias checkout:live". */
  readonly subject: string;
}

interface Translation {
  readonly code: ErrorCode;
  readonly what: (request: AwsRequest) => string;
  readonly hint: (request: AwsRequest) => string;
}

const TRANSLATIONS: Readonly<Record<FailureKind, Translation>> = {
  throttled: {
    code: "AWS_THROTTLED",
    what: ({ action, subject }) => `AWS throttled ${action} for ${subject} until the deadline`,
    hint: () => "Wait a minute and try again; look for other tools that call the same API.",
  },
  transient: {
    code: "AWS_UNREACHABLE",
    what: ({ action, subject }) => `AWS did not answer ${action} for ${subject} properly`,
    hint: () => "Try again; if it stays, look at the AWS Health Dashboard for the region.",
  },
  unreachable: {
    code: "AWS_UNREACHABLE",
    what: ({ action, subject }) => `could not reach AWS for ${action} of ${subject}`,
    hint: () => "Check the network and the region, or --endpoint-url if you gave one.",
  },
  timedOut: {
    code: "TIMED_OUT",
    what: ({ action, subject }) => `${action} for ${subject} got no answer before its deadline`,
    hint: () => "Try again; nothing that was not read back counts as done.",
  },
  credentials: {
    code: "AWS_CREDENTIALS",
    what: ({ action }) => `AWS did not accept the credentials for ${action}`,
    hint: () =>
      "Sign in again (aws sso login), or set AWS_PROFILE or --profile to one that works here.",
  },
  denied: {
    code: "AWS_DENIED",
    what: ({ action, subject }) => `not allowed to call ${action} on ${subject}`,
    hint: ({ action }) => `Allow ${action} to the identity that runs headgate.`,
  },
  notFound: {
    code: "TARGET_NOT_FOUND",
    what: ({ subject }) => `there is no ${subject}`,
    hint: () => "Check the name, the account and the region.",
  },
  noRegion: {
    code: "USAGE",
    what: () => "no AWS region is known",
    hint: () => "Pass --region, or set AWS_REGION.",
  },
  refused: {
    code: "AWS_REFUSED",
    what: ({ action, subject }) => `AWS refused ${action} for ${subject}`,
    hint: () => "AWS's own message says why.",
  },
};

/** @returns Undefined when `error` is neither AWS's nor the network's: then it is our own bug. */
export function translateAwsError(error: unknown, request: AwsRequest): RolloutError | undefined {
  const kind = failureKindOf(error);
  if (kind === undefined || !(error instanceof Error)) return undefined;
  const { code, what, hint } = TRANSLATIONS[kind];
  const said = error.message === "" ? error.name : `${error.name}: ${error.message}`;
  return new RolloutError(code, `${what(request)}: ${said}`, {
    hint: hint(request),
    cause: error,
  });
}

/** Whether `error` is a translated AWS exception of this name: "PreconditionFailedException". */
export function isAwsException(error: unknown, name: string): error is RolloutError {
  return error instanceof RolloutError && error.cause instanceof Error && error.cause.name === name;
}

/** Whether `error` says that the thing asked for does not exist. */
export function isNotFound(error: unknown): error is RolloutError {
  return error instanceof RolloutError && error.code === "TARGET_NOT_FOUND";
}

/** AWS's own words in a translated error; empty when there are none. */
export function awsMessageOf(error: RolloutError): string {
  return error.cause instanceof Error ? error.cause.message : "";
}
