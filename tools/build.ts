// Makes packages/cli/dist: the bundle that is published as `headgate`. Run by `npm run build`.
import { build } from "esbuild";
import { cpSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const PACKAGE = join(ROOT, "packages/cli");
const DIST = join(PACKAGE, "dist");
/** What starts functions is run by python3 and node as files, so it is copied, not bundled. */
const BOOTSTRAP = join(ROOT, "packages/local-cloud/src/data-plane/function-workers/bootstrap");
/** What Node.js and Python load before the program of a task. */
const INSIDE = join(ROOT, "packages/local-cloud/src/data-plane/tasks/inside");

rmSync(DIST, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: [join(PACKAGE, "src/main.ts")],
  outdir: DIST,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
  chunkNames: "chunks/[name]-[hash]",
  legalComments: "linked",
  metafile: true,
  minifySyntax: true,
  // Not inlined: Node functions on the local cloud import them too, as on AWS.
  external: ["@aws-sdk/*"],
  // Some dependencies are CommonJS and call `require` for Node's own modules.
  banner: {
    js: 'import { createRequire as headgateRequire } from "node:module"; const require = headgateRequire(import.meta.url);',
  },
  logLevel: "warning",
});
for (const folder of [BOOTSTRAP, INSIDE]) {
  if (!existsSync(folder))
    throw new Error(`no ${folder}: the bundle could not run what users bring`);
}
mkdirSync(join(DIST, "chunks"), { recursive: true });
// Chunks resolve them beside themselves.
cpSync(BOOTSTRAP, join(DIST, "chunks/bootstrap"), { recursive: true });
cpSync(INSIDE, join(DIST, "chunks/inside"), { recursive: true });
for (const name of ["README.md", "LICENSE"]) cpSync(join(ROOT, name), join(PACKAGE, name));

const outputs = Object.entries(metafile.outputs);
const bytes = outputs.reduce((sum, [, output]) => sum + output.bytes, 0);
const entryBytes = statSync(join(DIST, "main.js")).size;
process.stdout.write(
  `dist: ${outputs.length} files, ${Math.round(bytes / 1024)} KiB; entry ${Math.round(entryBytes / 1024)} KiB\n`,
);
