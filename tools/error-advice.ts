import type { ErrorCode } from "../packages/core/src/errors.ts";

/** What a person should know of one code, as whole sentences for docs/errors.md. */
export interface ErrorAdvice {
  /** What has happened. */
  readonly means: string;
  /** The next thing to do. */
  readonly toDo: string;
}

/** One row per code: a code without advice does not compile. */
export const ERROR_ADVICE: Readonly<Record<ErrorCode, ErrorAdvice>> = {
  SPEC_INVALID: {
    means: "The spec cannot be read, or something in it is wrong.",
    toDo: "Mend the line and column that the message names, and check with `headgate lint`.",
  },
  RECORDING_INVALID: {
    means: "A recording for `headgate replay` cannot be read, or one of its lines is wrong.",
    toDo: "Mend the line and field that the message names; the format is in docs/replay.md.",
  },
  USAGE: {
    means: "The command line is wrong, or something it needs from its environment is missing.",
    toDo: "Correct the option that the message names; `headgate <command> --help` has examples.",
  },
  TARGET_NOT_FOUND: {
    means: "The function, the alias or another thing that was named is not there.",
    toDo: "Check the name, the account and the region.",
  },
  TARGET_UNSUITABLE: {
    means:
      "The target is there, but cannot share its traffic: its alias points to $LATEST, is split already, or its concurrency does not suffice for two versions.",
    toDo: "Change the alias or its concurrency as the hint says, then deploy again.",
  },
  REVISION_NOT_FOUND: {
    means: "There is no such zip, folder or published version.",
    toDo: "Build the function first, or correct the path or the number under `revision`.",
  },
  REVISION_INVALID: {
    means:
      "The package could never run: it is no readable zip, it is empty or too large, or it does not hold the handler's file.",
    toDo: "Build the package again, or correct `revision.handler`.",
  },
  REVISION_UNCHANGED: {
    means: "The revision is what the stable version already runs.",
    toDo: "Build the package again if it should have changed; otherwise there is nothing to do.",
  },
  STABLE_UNUSABLE: {
    means: "The version that serves now cannot start, so there is no way back to it.",
    toDo: "Mend the stable version first, or ship the mending at once with `allAtOnce`.",
  },
  CANARY_UNUSABLE: {
    means:
      "The new version cannot start, or the alias cannot be split between it and the stable one; it got no traffic.",
    toDo: "Look at the version's log, mend the package or its settings, and deploy again.",
  },
  HOOK_NOT_FOUND: {
    means: "The function that a hook names is not there.",
    toDo: "Create it, or correct the hook's `lambda`.",
  },
  PREFLIGHT_FAILED: {
    means: "Something stands in the way of the rollout; nothing was changed.",
    toDo: "Mend every problem in the list, then look again with `headgate plan`.",
  },
  ROLLOUT_NOT_FOUND: {
    means: "The journal has no such rollout.",
    toDo: "List the rollouts with `headgate history`, or name the journal with `--data-dir`.",
  },
  ROLLOUT_RUNNING: {
    means: "Another rollout of this target is not finished.",
    toDo: "Go on with it (`headgate resume`) or take it back (`headgate abort`).",
  },
  ROLLOUT_NOT_RUNNING: {
    means: "The rollout is finished, so it cannot do what was asked.",
    toDo: "Look at `headgate status`; `headgate deploy` or `headgate rollback` begins another.",
  },
  JOURNAL_LOCKED: {
    means: "Another process runs a rollout from this journal.",
    toDo: "Wait until it has finished, or ask it with `headgate status`, `promote` or `abort`.",
  },
  JOURNAL_UNUSABLE: {
    means: "The journal's folder cannot be written or read.",
    toDo: "Make the folder writable and give it space, or name another with `--data-dir`.",
  },
  ROUTE_CHANGED_ELSEWHERE: {
    means: "Somebody else changed the traffic split; Headgate did not overwrite it.",
    toDo: "Find out who it was, then `headgate resume` or `headgate abort`.",
  },
  AWS_DENIED: {
    means: "The identity that runs Headgate is not allowed to make a call.",
    toDo: "Allow the action that the message names.",
  },
  AWS_CREDENTIALS: {
    means: "AWS did not accept the credentials, or there are none.",
    toDo: "Sign in again, or name a profile that works with `--profile`.",
  },
  AWS_THROTTLED: {
    means: "AWS refused a call as too many until its deadline had passed.",
    toDo: "Wait a minute and try again; look for other tools that call the same API.",
  },
  AWS_UNREACHABLE: {
    means:
      "AWS, or the endpoint that was named, cannot be reached or answers with its own failures.",
    toDo: "Check the network, the region and `--endpoint-url`, then try again.",
  },
  AWS_REFUSED: {
    means: "AWS refused a call for a reason of its own.",
    toDo: "Read AWS's own words at the end of the message, and mend what they name.",
  },
  TIMED_OUT: {
    means: "Something gave no answer before its deadline.",
    toDo: "Look at `headgate status`, then try again: nothing counts as done that was not read back.",
  },
  METRICS_UNREADABLE: {
    means:
      "A Prometheus server or a version's own metrics could not be read: no answer, no text in its format, or not the metric and labels that `analysis.source` names.",
    toDo: "Open the URL that the message names and compare what it shows with `analysis.source.prometheus`; docs/metrics.md has an example.",
  },
  NOTICE_NOT_SENT: {
    means: "A receiver under `notify` did not take a message; the rollout goes on without it.",
    toDo: "The message says which entry and why: check its address, its secret's variable, or allow a private address with `allowPrivate`.",
  },
  DRIVER_BROKEN: {
    means: "Headgate itself failed while it talked to the platform.",
    toDo: "Report it with the output of `headgate why --json`.",
  },
  LOCAL_CLOUD: {
    means: "The local cloud could not start, does not answer, or refused a command.",
    toDo: "Look at `headgate local status`, or choose another `--port`.",
  },
};
