import { hostname } from "node:os";
import { isJsonObject } from "../../../json-object.ts";
import type { Engine } from "./engine.ts";
import { LOADED_NAME } from "./engine-images.ts";

const PROCESS = "headgate.cloud.pid";
const MACHINE = "headgate.cloud.host";

/** Says whose a container is. */
export function ownLabels(): Record<string, string> {
  return { [PROCESS]: String(process.pid), [MACHINE]: hostname() };
}

/** Removes the containers, and their images, of clouds on this machine that were killed before they could do it themselves. */
export async function removeLeftovers(engine: Engine): Promise<void> {
  const filters = JSON.stringify({ label: [`${MACHINE}=${hostname()}`] });
  const path = `/containers/json?all=true&filters=${encodeURIComponent(filters)}`;
  const { text } = await engine.require({ method: "GET", path }, 200);
  const containers: unknown = JSON.parse(text);
  if (!Array.isArray(containers)) return;
  const left = containers.filter(isJsonObject).filter(({ Labels: labels }) => {
    const pid = isJsonObject(labels) ? Number(labels[PROCESS]) : Number.NaN;
    return Number.isInteger(pid) && pid !== process.pid && !isAlive(pid);
  });
  // Those that live in another's network go before it.
  const ids = left.map(({ Id }) => String(Id));
  for (let round = 0; round < 2; round++) {
    for (const id of ids) await removeContainer(engine, id);
  }
  if (left.length > 0) await removeLoadedImages(engine);
}

/** What another cloud still needs is refused by the engine, or loaded again by that cloud. */
async function removeLoadedImages(engine: Engine): Promise<void> {
  const filters = JSON.stringify({ reference: [LOADED_NAME] });
  const path = `/images/json?filters=${encodeURIComponent(filters)}`;
  const { text } = await engine.require({ method: "GET", path }, 200);
  const images: unknown = JSON.parse(text);
  if (!Array.isArray(images)) return;
  const names = images.filter(isJsonObject).flatMap(({ RepoTags: names }): unknown[] => {
    return Array.isArray(names) ? names : [];
  });
  for (const name of names) {
    await engine.call({ method: "DELETE", path: `/images/${encodeURIComponent(String(name))}` });
  }
}

/** @returns whether it is gone. */
export async function removeContainer(engine: Engine, id: string): Promise<boolean> {
  const path = `/containers/${id}?force=true&v=true`;
  const { status } = await engine.call({ method: "DELETE", path });
  return status === 204 || status === 200 || status === 404;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process that is not ours to signal is alive all the same.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
