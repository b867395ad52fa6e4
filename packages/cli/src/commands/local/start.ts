import { RolloutError } from "@headgate/core/errors";
import { resolve } from "node:path";
import { defineCommand } from "../../command.ts";

export const localStart = defineCommand({
  path: "local start",
  description:
    "Serves every AWS service it has on one port, until SIGTERM or Ctrl-C. Point any AWS client at it " +
    "with AWS_ENDPOINT_URL; any credentials will do, unless --iam enforce is given.",
  examples: [
    ["headgate local start", "In memory, on http://127.0.0.1:4566"],
    ["headgate local start --data-dir .cloud", "Keep everything across restarts"],
    ["headgate local start --clock virtual", "Time moves only by `headgate local advance`"],
    ["headgate local start --iam enforce", "Users and roles may do only what policies allow"],
  ],
  options: {
    port: {
      type: "number",
      value: "port",
      help: "Port; 0 takes a free one",
      default: 4566,
      min: 0,
      max: 65_535,
    },
    host: { type: "string", value: "address", help: "Address to listen on", default: "127.0.0.1" },
    dataDir: { type: "string", value: "dir", help: "Keep state in this directory" },
    account: {
      type: "string",
      value: "id",
      help: "Account of callers that name none",
      default: "000000000000",
    },
    clock: {
      type: "choice",
      choices: ["real", "virtual"],
      help: "Where time comes from",
      default: "real",
    },
    iam: {
      type: "choice",
      choices: ["off", "enforce"],
      help: "Whether policies decide who may do what",
      default: "off",
    },
    verifySignatures: {
      type: "boolean",
      help: "Refuse requests with a missing or wrong SigV4 signature; the secret is AWS_SECRET_ACCESS_KEY, or test",
    },
  },
  run: async (options, { globals, progress, signal }) => {
    if (!/^\d{12}$/.test(options.account)) {
      throw new RolloutError(
        "USAGE",
        `--account is "${options.account}"; an account id has twelve digits`,
        {
          hint: "For example --account 000000000000.",
        },
      );
    }
    if (options.verifySignatures && options.clock === "virtual") {
      throw new RolloutError("USAGE", "--verify-signatures does not go with --clock virtual", {
        hint: "Clients sign with the machine's own time, which a virtual clock leaves behind. Give one of the two.",
      });
    }
    const { startLocalCloud } = await import("@headgate/local-cloud");
    const stopping = new AbortController();
    const cloud = await startLocalCloud({
      port: options.port,
      host: options.host,
      account: options.account,
      region: globals.region ?? "us-east-1",
      clock: options.clock === "virtual" ? "virtual" : "real",
      iam: options.iam === "enforce" ? "enforce" : "off",
      verifySignatures: options.verifySignatures,
      ...rootKeyOf(process.env),
      onStopRequest: () => stopping.abort(),
      onNotice: (message) => progress.line(message),
      ...(options.dataDir === undefined ? {} : { dataDirectory: resolve(options.dataDir) }),
    }).catch((cause: unknown) => {
      throw cannotStart(cause, options);
    });
    progress.line(`ready: ${cloud.url}`);
    if (options.iam === "enforce") {
      progress.line("iam: enforced, users and roles may do only what policies allow");
    }
    if (!isLoopback(options.host)) {
      progress.line(
        `warning: ${options.host} can be reached from other machines, and nothing asks for a password`,
      );
    }
    await aborted(AbortSignal.any([signal, stopping.signal]));
    await cloud.close();
    return { value: { url: cloud.url, stopped: true } };
  },
  render: () => [],
});

function cannotStart(
  cause: unknown,
  options: { readonly port: number; readonly host: string },
): RolloutError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EADDRINUSE") {
    return new RolloutError("LOCAL_CLOUD", `port ${options.port} on ${options.host} is in use`, {
      hint: "Take another with --port, or see what runs there with `headgate local status`.",
      cause,
    });
  }
  return new RolloutError("LOCAL_CLOUD", message, {
    hint: "See `headgate local start --help`.",
    cause,
  });
}

/** Clients started in the same shell sign with the credentials of its environment. */
function rootKeyOf(environment: Readonly<Record<string, string | undefined>>) {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  if (!accessKeyId || !secretAccessKey) return {};
  const sessionToken = environment["AWS_SESSION_TOKEN"];
  return { rootKey: { accessKeyId, secretAccessKey, sessionToken } };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}
