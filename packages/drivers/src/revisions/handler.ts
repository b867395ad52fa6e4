import { RolloutError } from "@headgate/core";
import type { CodePackage } from "./code-package.ts";

/** What decides which file of a package the runtime loads first. */
export interface HandlerSetting {
  /** "python3.13", "nodejs24.x", "provided.al2023", ... */
  readonly runtime: string;
  /** "app.handler" */
  readonly handler: string;
  /** A function with layers may find its handler there, where we cannot look. */
  readonly hasLayers: boolean;
}

/**
 * Checks that the file the handler setting names is in the package. A mismatch publishes without a
 * word and then fails every request with Runtime.ImportModuleError.
 * @throws {RolloutError} REVISION_INVALID
 */
export function checkHandler(code: CodePackage, setting: HandlerSetting): void {
  const candidates = handlerFiles(setting);
  if (candidates === undefined || setting.hasLayers) return;
  if (code.files.some((file) => candidates.some((candidate) => matches(file, candidate)))) return;
  throw new RolloutError(
    "REVISION_INVALID",
    `${code.path}: the handler is "${setting.handler}" (${setting.runtime}), but the package has none of ` +
      `${candidates.map(shown).join(", ")}; it holds ${listed(code.files)}`,
    { hint: hintFor(code.files, setting) },
  );
}

/** A file name, or a pattern for names that carry a platform tag. */
type Candidate = string | RegExp;

/** Undefined when a runtime keeps its handler where we cannot look (a class in a jar, a DLL). */
function handlerFiles({ runtime, handler }: HandlerSetting): readonly Candidate[] | undefined {
  if (runtime.startsWith("python")) return pythonFiles(handler);
  if (runtime.startsWith("nodejs")) return nodeFiles(handler);
  if (runtime.startsWith("ruby")) return [`${handler.split(".")[0]}.rb`];
  if (runtime.startsWith("provided")) return ["bootstrap"];
  return undefined;
}

/** Everything before the last dot is the module; dots in it are folders. Source: awslambdaric bootstrap. */
function pythonFiles(handler: string): readonly Candidate[] {
  const end = handler.lastIndexOf(".");
  const module = (end === -1 ? handler : handler.slice(0, end)).replaceAll(".", "/");
  const escaped = module.replaceAll(/[^\w/]/g, String.raw`\$&`);
  return [`${module}.py`, `${module}/__init__.py`, new RegExp(`^${escaped}\\.[\\w.-]*(so|pyc)$`)];
}

/** In the last path segment everything before the first dot. Source: aws-lambda-nodejs-runtime-interface-client. */
function nodeFiles(handler: string): readonly Candidate[] {
  const slash = handler.lastIndexOf("/") + 1;
  const name = handler.slice(slash).split(".")[0] ?? "";
  const module = (handler.slice(0, slash) + name).replace(/^\.?\//, "");
  return [`${module}.js`, `${module}.mjs`, `${module}.cjs`, `${module}/index.js`];
}

function matches(file: string, candidate: Candidate): boolean {
  return typeof candidate === "string" ? file === candidate : candidate.test(file);
}

function shown(candidate: Candidate): string {
  return typeof candidate === "string" ? candidate : "a compiled module of that name";
}

function listed(files: readonly string[]): string {
  const MOST = 5;
  const some = files.slice(0, MOST).join(", ");
  return files.length > MOST ? `${some} and ${files.length - MOST} more` : some;
}

function hintFor(files: readonly string[], { handler, runtime }: HandlerSetting): string {
  const isPython = runtime.startsWith("python");
  const extension = isPython ? /\.py$/ : /\.[cm]?js$/;
  const method = handler.slice(handler.lastIndexOf(".") + 1);
  const modules = files.filter((file) => extension.test(file) && !file.includes("/"));
  const wanted = handlerFiles({ handler, runtime, hasLayers: false })?.[0];
  const below = files.find((file) => typeof wanted === "string" && file.endsWith(`/${wanted}`));
  if (below !== undefined) {
    return `"${below}" sits in a folder: zip the folder's contents, not the folder.`;
  }
  if (modules.length === 1 && modules[0] !== undefined) {
    return `Set the handler to "${modules[0].replace(extension, "")}.${method}", or rename ${modules[0]}.`;
  }
  return "Name the handler's file in the handler setting, or add the file to the package.";
}
