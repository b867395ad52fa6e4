import { isJsonObject, parseJsonObject } from "../../../json-object.ts";
import { type ContainerLaunch, LaunchError, type RunnableImage } from "../task-runtime.ts";
import { type Engine, EngineError } from "./engine.ts";
import { imageArchive } from "./image-archive.ts";

/** The name of everything that was loaded from the local registry; the tag is the digest. */
export const LOADED_NAME = "headgate.local/image";

/** A large image on a slow disk, or from far away. */
const LOAD_TIMEOUT_MS = 10 * 60_000;

/** The images of one engine that tasks are made from. */
export class EngineImages {
  readonly #engine: Engine;
  /** By digest: the name under which the engine has it. */
  readonly #loaded = new Map<string, Promise<string>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * The engine's name for the image, which it has from then on.
   * @throws {LaunchError} CannotPullContainerError
   */
  async provide(image: ContainerLaunch["image"]): Promise<string> {
    try {
      return await (image.kind === "stored"
        ? this.#load(image.image)
        : this.#pull(image.reference));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      throw new LaunchError("CannotPullContainerError", error.message, { cause: error });
    }
  }

  /** Removes what was loaded from the local registry; images that somebody uses stay. */
  async close(): Promise<void> {
    const names = await Promise.allSettled(this.#loaded.values());
    for (const name of names) {
      if (name.status === "rejected") continue;
      const path = `/images/${encodeURIComponent(name.value)}`;
      await this.#engine.call({ method: "DELETE", path }).catch(() => {});
    }
  }

  async #load(image: RunnableImage): Promise<string> {
    const name = await this.#loadFirst(image);
    // Somebody may have tidied up since.
    if (await this.#has(name)) return name;
    this.#loaded.delete(image.digest);
    return this.#loadFirst(image);
  }

  #loadFirst(image: RunnableImage): Promise<string> {
    let loaded = this.#loaded.get(image.digest);
    if (loaded === undefined) {
      loaded = this.#loadOnce(image);
      this.#loaded.set(image.digest, loaded);
      loaded.catch(() => this.#loaded.delete(image.digest));
    }
    return loaded;
  }

  async #loadOnce(image: RunnableImage): Promise<string> {
    const name = `${LOADED_NAME}:${image.digest.slice(image.digest.indexOf(":") + 1)}`;
    if (await this.#has(name)) return name;
    const { text } = await this.#engine.require(
      {
        method: "POST",
        path: "/images/load?quiet=true",
        body: imageArchive(image, name),
        timeoutMs: LOAD_TIMEOUT_MS,
      },
      200,
    );
    if (await this.#has(name)) return name;
    throw new EngineError(`the container engine did not take ${image.digest}: ${text.trim()}`);
  }

  async #pull(reference: string): Promise<string> {
    if (await this.#has(reference)) return reference;
    const [, name = reference, tag = "latest"] =
      /^(.+?)(?::([^:/@]+))?$/.exec(reference.includes("@") ? "" : reference) ?? [];
    const query = new URLSearchParams(
      reference.includes("@") ? { fromImage: reference } : { fromImage: name, tag },
    );
    const { text } = await this.#engine.require(
      { method: "POST", path: `/images/create?${query.toString()}`, timeoutMs: LOAD_TIMEOUT_MS },
      200,
    );
    if (await this.#has(reference)) return reference;
    throw new EngineError(
      failureIn(text) ?? `the container engine has no ${reference}, and could not pull it`,
    );
  }

  async #has(name: string): Promise<boolean> {
    const path = `/images/${encodeURIComponent(name)}/json`;
    return (await this.#engine.call({ method: "GET", path })).status === 200;
  }
}

/** What went wrong after the answer had begun. Source: Docker Engine API, CreateImageInfo. */
function failureIn(text: string): string | undefined {
  for (const line of text.split("\n")) {
    const json = parseJsonObject(line);
    const detail = json?.["errorDetail"];
    const message = json?.["error"] ?? (isJsonObject(detail) ? detail["message"] : undefined);
    if (typeof message === "string") return message;
  }
  return undefined;
}
