import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

/** What AWS's Node.js runtimes ship: functions find these packages and no other of ours. */
const SHIPPED_SCOPES = ["@aws-sdk", "@smithy"];

/**
 * Makes `directory`/node_modules, which leads to this installation's AWS SDK, and returns its path. Only
 * the clients that the installation has are there: AWS ships all of them.
 */
export async function linkSdkModules(directory: string): Promise<string> {
  const modules = join(directory, "node_modules");
  await mkdir(modules, { recursive: true });
  for (const scope of SHIPPED_SCOPES) {
    const target = scopeFolder(scope);
    const link = join(modules, scope);
    if (target !== undefined && !existsSync(link)) await symlink(target, link);
  }
  return modules;
}

function scopeFolder(scope: string): string | undefined {
  const searched = createRequire(import.meta.url).resolve.paths(scope) ?? [];
  return searched.map((folder) => join(folder, scope)).find((folder) => existsSync(folder));
}
