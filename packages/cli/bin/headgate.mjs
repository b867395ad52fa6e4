#!/usr/bin/env node
// Plain JavaScript that old versions of Node can read: it finds a Node that can run Headgate.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

const OLDEST_NODE = 24;
const here = dirname(fileURLToPath(import.meta.url));

if (Number(process.versions.node.split(".")[0]) >= OLDEST_NODE) {
  nodeModule.enableCompileCache?.();
  // The published package holds a bundle; a checkout runs from source.
  const bundle = join(here, "../dist/main.js");
  const source = join(here, "../src/main.ts");
  const { main } = await import(pathToFileURL(existsSync(source) ? source : bundle).href);
  await main(process.argv.slice(2));
} else {
  runUnder(newerNode());
}

/** The Node that `npm ci` installed beside us, if it did. */
function newerNode() {
  try {
    const manifest = nodeModule.createRequire(import.meta.url).resolve("node/package.json");
    const { bin } = JSON.parse(readFileSync(manifest, "utf8"));
    return join(dirname(manifest), bin.node);
  } catch {
    return undefined;
  }
}

function runUnder(node) {
  if (node === undefined || !existsSync(node)) {
    process.stderr.write(
      `headgate: this is Node ${process.versions.node}; Headgate needs Node ${OLDEST_NODE} or newer.\n` +
        "Install it, or run `npm install node@24` beside Headgate.\n",
    );
    process.exit(20);
  }
  const self = fileURLToPath(import.meta.url);
  const child = spawn(node, [self, ...process.argv.slice(2)], { stdio: "inherit" });
  // The child decides what a signal means; this process only passes on its answer. Ctrl-C reaches both.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 20;
    if (signal !== null) process.stderr.write(`headgate: ended by ${signal}\n`);
  });
}
