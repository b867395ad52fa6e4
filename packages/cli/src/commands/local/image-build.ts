import { resolve } from "node:path";
import { RolloutError } from "@headgate/core/errors";
import { defineCommand } from "../../command.ts";
import { type ImageSettings, OWN_PLATFORM } from "../../images/image-documents.ts";
import { pushFolder } from "../../images/push-folder.ts";
import { ADDRESS_OPTIONS, callAdmin, cloudUrl } from "./admin-client.ts";

export const localImageBuild = defineCommand({
  path: "local image build",
  description:
    "The image has one layer, the folder, and no base image: no shell and no interpreter. It runs where " +
    "the task runtime brings the interpreter, or when its program is linked statically. The same files and " +
    "options give the same digest. The repository is made when it is missing.",
  examples: [
    [
      'headgate local image build app --repository shop --tag v1 --entrypoint "node server.js"',
      "The folder is /app in the image, and the working directory",
    ],
    [
      "headgate local image build app --repository shop --tag v2 --env COLOR=green --env PORT=8080",
      "With environment variables",
    ],
  ],
  arguments: [{ name: "dir", help: "The folder to pack; .git is left out", required: true }],
  options: {
    ...ADDRESS_OPTIONS,
    repository: { type: "string", value: "name", help: "Repository to push to" },
    tag: { type: "string", value: "tag", help: "Tag of the image", default: "latest" },
    entrypoint: {
      type: "string",
      value: "command",
      help: 'What to start: words, or a JSON list such as ["node","my server.js"]',
    },
    env: { type: "list", value: "name=value", help: "An environment variable; may be repeated" },
    workdir: {
      type: "string",
      value: "dir",
      help: "Where the folder is in the image, and the working directory",
      default: "/app",
    },
    platform: {
      type: "string",
      value: "os/arch",
      help: "What the image runs on (default linux and this machine's architecture)",
    },
  },
  run: async (options, { globals, arguments: [dir = "."], progress, signal }) => {
    const { repository } = options;
    if (repository === undefined) {
      throw usage("--repository is missing", "For example --repository shop.");
    }
    requireTag(options.tag);
    const settings = settingsOf(options);
    const url = cloudUrl(options.port, globals);
    const cloud = await callAdmin(url, { method: "GET", path: "/_headgate/health" });
    const { tag } = options;
    const { image, digest, layer } = await pushFolder({
      cloud: { url, region: globals.region ?? String(cloud["region"]) },
      folder: resolve(dir),
      repository,
      tag,
      settings,
      signal,
      onPacked: ({ files, sizeBytes, digest: packed }) =>
        progress.line(`packed ${files} files, ${sizeBytes} bytes: ${packed}`),
    });
    return { value: { image, digest, repository, tag, layer, ...settings } };
  },
  render: ({ image, digest, entrypoint, platform }, style) => [
    `${style.good("pushed")} ${style.bold(image)}`,
    `digest ${digest}`,
    `${platform.os}/${platform.architecture}, starts ${entrypoint.length > 0 ? entrypoint.join(" ") : "what its user says"}`,
  ],
});

interface GivenSettings {
  readonly entrypoint: string | undefined;
  readonly env: readonly string[];
  readonly workdir: string;
  readonly platform: string | undefined;
}

function settingsOf({ entrypoint, env, workdir, platform }: GivenSettings): ImageSettings {
  const wrong = env.find((pair) => !/^[^=\0]+=[^\0]*$/.test(pair));
  if (wrong !== undefined) {
    throw usage(`--env is "${wrong}"; it needs a name and a value`, "For example --env PORT=8080.");
  }
  const parts = workdir.split("/").slice(1);
  if (!workdir.startsWith("/") || !parts.every((part) => !["", ".", ".."].includes(part))) {
    throw usage(`--workdir is "${workdir}"; it must be a plain absolute path`, "For example /app.");
  }
  return {
    entrypoint: entrypointOf(entrypoint?.trim() ?? ""),
    environment: env,
    workdir,
    platform: platformOf(platform),
  };
}

function entrypointOf(text: string): readonly string[] {
  if (!text.startsWith("[")) return text.split(/\s+/).filter((word) => word !== "");
  const words = parseWords(text);
  if (words !== undefined) return words;
  throw usage(
    `--entrypoint is ${text}, which is not a JSON list of texts`,
    `For example --entrypoint '["node","my server.js"]'.`,
  );
}

function parseWords(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return undefined;
    const words = value.filter((word) => typeof word === "string");
    return words.length === value.length ? words : undefined;
  } catch {
    return undefined;
  }
}

function platformOf(text: string | undefined): ImageSettings["platform"] {
  if (text === undefined) return OWN_PLATFORM;
  const [, os, architecture] = /^([a-z0-9]+)\/([a-z0-9]+)$/.exec(text) ?? [];
  if (os === undefined || architecture === undefined) {
    throw usage(
      `--platform is "${text}"; it must be a system and an architecture`,
      "For example linux/amd64 or linux/arm64.",
    );
  }
  return { os, architecture };
}

function requireTag(tag: string): void {
  if (/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/.test(tag)) return;
  throw usage(
    `--tag is "${tag}"; a tag has at most 128 letters, digits and . _ -`,
    "For example --tag v1.",
  );
}

function usage(message: string, hint: string): RolloutError {
  return new RolloutError("USAGE", message, { hint });
}
