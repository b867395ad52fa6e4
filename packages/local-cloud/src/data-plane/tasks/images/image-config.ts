import { isJsonObject, parseJsonObject } from "../../../json-object.ts";
import { BadImageError } from "./inside-root.ts";

/** What an image says of the containers made from it. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** "/" when the image says none. */
  readonly workingDirectory: string;
  /** "SIGTERM" when the image says none. */
  readonly stopSignal: string;
}

/**
 * Reads an image's configuration.
 * Source: OCI image spec 1.1, "Image Configuration".
 * @throws {BadImageError}
 */
export function parseImageConfig(bytes: Buffer): ImageConfig {
  const json = parseJsonObject(bytes.toString("utf8"));
  if (json === undefined) throw new BadImageError("the image's configuration is not a JSON object");
  const config = isJsonObject(json["config"]) ? json["config"] : {};
  const directory = config["WorkingDir"];
  const signal = config["StopSignal"];
  return {
    entrypoint: texts(config["Entrypoint"]),
    command: texts(config["Cmd"]),
    environment: Object.fromEntries(texts(config["Env"]).map(pairOf)),
    workingDirectory: typeof directory === "string" && directory !== "" ? directory : "/",
    stopSignal: typeof signal === "string" && signal !== "" ? signal : "SIGTERM",
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function pairOf(pair: string): [string, string] {
  const equals = pair.indexOf("=");
  return equals === -1 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
}
