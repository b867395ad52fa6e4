// Finds and loads the function that `_HANDLER` names, by the rules of AWS's Node.js runtime.

import { existsSync, readFileSync } from "node:fs";
import { createRequire, isBuiltin, registerHooks } from "node:module";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { RuntimeFault } from "./node-errors.mjs";

const TASK_ROOT = process.env.LAMBDA_TASK_ROOT;
/** "AWS_Lambda_nodejs24.x" */
const RUNTIME_MAJOR = Number(/\d+/.exec(process.env.AWS_EXECUTION_ENV)[0]);
/** Source: AWS's runtime interface client for Node.js 24. */
const CALLBACKS_REMOVED =
  "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. " +
  "You need to modify this function to use a supported handler signature to use Node.js 24 or later. " +
  "For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";

/** On AWS an ES module finds the SDK too, although Node itself reads NODE_PATH for require only. */
export function letImportsReadNodePath() {
  const parents = (process.env.NODE_PATH ?? "")
    .split(delimiter)
    .filter((folder) => basename(folder) === "node_modules")
    .map((folder) => pathToFileURL(join(dirname(folder), "importer.mjs")).href);
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        const isBare = !/^[./]|^\w+:/.test(specifier) && !isBuiltin(specifier);
        if (error.code !== "ERR_MODULE_NOT_FOUND" || !isBare) throw error;
        for (const parentURL of parents) {
          try {
            return next(specifier, { ...context, parentURL });
          } catch {
            // The next folder of NODE_PATH may have it; when none has, the first error is the true one.
          }
        }
        throw error;
      }
    },
  });
}

function isEsModuleFolder(folder) {
  const path = join(folder, "package.json");
  if (existsSync(path)) {
    try {
      return JSON.parse(readFileSync(path, "utf8")).type === "module";
    } catch {
      return false;
    }
  }
  if (folder.endsWith("/node_modules") || folder === dirname(folder)) return false;
  return isEsModuleFolder(dirname(folder));
}

async function loadModule(folder, name) {
  const path = resolve(TASK_ROOT, folder, name);
  const require = createRequire(import.meta.url);
  const isEsModule = isEsModuleFolder(dirname(path));
  const candidates = [
    ["", false],
    [".js", isEsModule],
    [".mjs", true],
    [".cjs", false],
  ];
  if (RUNTIME_MAJOR >= 24) {
    candidates.push([".ts", isEsModule], [".mts", true], [".cts", false]);
  }
  for (const [extension, isImport] of candidates) {
    const file = path + extension;
    if (existsSync(file)) return isImport ? await import(pathToFileURL(file).href) : require(file);
  }
  return require(require.resolve(name, { paths: [TASK_ROOT, folder] }));
}

/** @throws {RuntimeFault} for what AWS reports under its own types; anything else is the module's own error. */
export async function loadHandler(fullName) {
  if (fullName.includes("..")) {
    throw new RuntimeFault(
      "MalformedHandlerName",
      `'${fullName}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const name = basename(fullName);
  const folder = fullName.slice(0, fullName.length - name.length);
  const [, moduleName, exportPath] = /^([^.]*)\.(.*)$/.exec(name) ?? [];
  if (moduleName === undefined) throw new RuntimeFault("MalformedHandlerName", "Bad handler");
  let loaded;
  try {
    loaded = await loadModule(folder, moduleName);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeFault("UserCodeSyntaxError", String(error));
    // AWS names only require's code here: a missing import inside an ES module keeps its own error.
    if (error?.code === "MODULE_NOT_FOUND") {
      throw new RuntimeFault("ImportModuleError", `${error.name}: ${error.message}`);
    }
    throw error;
  }
  const handler = exportPath.split(".").reduce((value, key) => value?.[key], loaded);
  if (!handler) {
    throw new RuntimeFault("HandlerNotFound", `${fullName} is undefined or not exported`);
  }
  if (typeof handler !== "function") {
    throw new RuntimeFault("HandlerNotFound", `${fullName} is not a function`);
  }
  if (handler.length >= 3 && RUNTIME_MAJOR >= 24) {
    throw new RuntimeFault("CallbackHandlerDeprecated", CALLBACKS_REMOVED);
  }
  return handler;
}
