import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Writes files into a new folder that is removed when the test is over. @returns the folder's path. */
export async function temporaryFolder(
  files: Readonly<Record<string, string | { readonly text: string; readonly mode: number }>>,
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "headgate-drivers-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === "string" ? content : content.text);
    if (typeof content !== "string") await chmod(path, content.mode);
  }
  return root;
}
