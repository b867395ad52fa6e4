import { openAsBlob } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { arch, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { RolloutError } from "@headgate/core/errors";
import { defineCommand } from "../../command.ts";
import { packFolder } from "../../images/folder-layer.ts";
import { imageDocuments, type ImageSettings } from "../../images/image-documents.ts";
import { pushBlob, pushManifest, type Registry } from "../../images/registry-push.ts";
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
    const region = globals.region ?? String(cloud["region"]);
    const scratch = await mkdtemp(join(tmpdir(), "headgate-image-"));
    try {
      const target = join(scratch, "layer.tar.gz");
      const layer = await packFolder(resolve(dir), { prefix: settings.workdir.slice(1), target });
      progress.line(`packed ${layer.files} files, ${layer.sizeBytes} bytes: ${layer.digest}`);
      const { uri, token } = await openRepository({ url, region, repository });
      const registry: Registry = { url, repository, token, signal };
      const { config, manifest } = imageDocuments(layer, settings);
      await pushBlob(registry, layer.digest, await openAsBlob(target));
      await pushBlob(registry, config.digest, new Blob([config.text]));
      await pushManifest(registry, options.tag, manifest);
      const image = `${uri}:${options.tag}`;
      const { digest } = manifest;
      return { value: { image, digest, repository, tag: options.tag, layer, ...settings } };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
  render: ({ image, digest, entrypoint, platform }, style) => [
    `${style.good("pushed")} ${style.bold(image)}`,
    `digest ${digest}`,
    `${platform.os}/${platform.architecture}, starts ${entrypoint.length > 0 ? entrypoint.join(" ") : "what its user says"}`,
  ],
});

/** The repository, made when it is missing, and a password for it. */
async function openRepository({
  url,
  region,
  repository,
}: {
  readonly url: string;
  readonly region: string;
  readonly repository: string;
}): Promise<{ readonly uri: string; readonly token: string }> {
  const { ECR, RepositoryNotFoundException } = await import("@aws-sdk/client-ecr");
  const hasKey = Boolean(process.env["AWS_ACCESS_KEY_ID"]);
  const ecr = new ECR({
    endpoint: url,
    region,
    ...(!hasKey && { credentials: { accessKeyId: "test", secretAccessKey: "test" } }),
  });
  try {
    const found = await ecr
      .describeRepositories({ repositoryNames: [repository] })
      .catch((error: unknown) => {
        if (error instanceof RepositoryNotFoundException) return undefined;
        throw error;
      });
    const made =
      found?.repositories?.[0] ??
      (await ecr.createRepository({ repositoryName: repository })).repository;
    const { authorizationData } = await ecr.getAuthorizationToken({});
    return {
      uri: made?.repositoryUri ?? repository,
      token: authorizationData?.[0]?.authorizationToken ?? "",
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RolloutError("LOCAL_CLOUD", `cannot open the repository ${repository}: ${why}`, {
      hint: "Names have lower-case letters and digits, with . _ - and / between.",
      cause,
    });
  } finally {
    ecr.destroy();
  }
}

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

/** As images call them, by Node's names. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

function platformOf(text: string | undefined): ImageSettings["platform"] {
  const own = ARCHITECTURES[arch()] ?? arch();
  const [, os, architecture] = /^([a-z0-9]+)\/([a-z0-9]+)$/.exec(text ?? `linux/${own}`) ?? [];
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
