import { lstat, readlink } from "node:fs/promises";
import { join, posix, relative } from "node:path";

/** An image whose files would have gone outside of its folder, or that is no image at all. */
export class BadImageError extends Error {
  override readonly name = "BadImageError";
}

/** More links than this on one way are a ring. Source: Linux, MAXSYMLINKS. */
const LINKS_MAX = 40;

/**
 * Where `path` of an image really is below `root`, with every symbolic link on the way followed inside it: a
 * result without links, the last part excepted unless `followLast`. What does not exist is taken as it is named.
 *
 * @throws {BadImageError} when it climbs above the root, or goes round in a ring.
 */
export async function insideRoot(
  root: string,
  path: string,
  { followLast }: { readonly followLast: boolean },
): Promise<string> {
  const left = partsOf(path);
  const done: string[] = [];
  let links = 0;
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    if (part === "..") {
      if (done.pop() === undefined) throw new BadImageError(`${path} leads out of the image`);
      continue;
    }
    done.push(part);
    if (left.length === 0 && !followLast) break;
    const target = await linkAt(join(root, ...done));
    if (target === undefined) continue;
    if (++links > LINKS_MAX) throw new BadImageError(`${path} is a ring of symbolic links`);
    // Links from an image start at the image's root; those unpacked here are always relative.
    if (target.startsWith("/")) done.length = 0;
    else done.pop();
    left.unshift(...partsOf(target));
  }
  return join(root, ...done);
}

/** A link to an absolute path of the image, written so that it stays inside wherever the image lies. */
export function relativeLink(root: string, linkPath: string, target: string): string {
  if (!target.startsWith("/")) return target;
  const to = join(root, posix.normalize(target));
  return relative(join(linkPath, ".."), to) || ".";
}

async function linkAt(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch {
    // Nothing there, or below a file: whoever opens it finds out.
    return undefined;
  }
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
