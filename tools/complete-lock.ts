// Run by `npm run lock` after a dependency changed. A registry mirror that lacks the binaries of other
// platforms makes `npm install` leave them out of package-lock.json, and `npm ci` then refuses the file. This
// writes the entries that npm writes elsewhere, without checksums for what cannot be fetched here.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly engines?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

const PATH = join(import.meta.dirname, "../package-lock.json");
const SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const PROCESSORS: Readonly<Record<string, string>> = {
  "arm-eabi": "arm",
  "arm-gnueabihf": "arm",
  "arm-musleabihf": "arm",
};
const LIBRARIES: Readonly<Record<string, string>> = { gnu: "glibc", musl: "musl" };

const lock = JSON.parse(readFileSync(PATH, "utf8")) as { packages: Record<string, LockedPackage> };
const added: string[] = [];
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    const platform = platformOf(name);
    // A range names no one package, and what runs everywhere is not left out by a mirror's choice.
    if (lock.packages[key] !== undefined || platform === undefined || !/^\d/.test(version))
      continue;
    lock.packages[key] = {
      version,
      ...platform,
      ...(parent.dev === true ? { dev: true } : {}),
      ...(parent.license === undefined ? {} : { license: parent.license }),
      optional: true,
      ...(parent.engines === undefined ? {} : { engines: parent.engines }),
    };
    added.push(`${name}@${version}`);
  }
}
const sorted = Object.entries(lock.packages).sort(([left], [right]) => (left < right ? -1 : 1));
writeFileSync(
  PATH,
  `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`,
);
process.stdout.write(`${added.length} entries added\n`);

/** "@oxlint/binding-linux-arm64-musl" is for linux, arm64 and musl. */
function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } | undefined {
  const system = SYSTEMS.find((candidate) => new RegExp(`[-/]${candidate}-`).test(name));
  if (system === undefined) return undefined;
  const rest = name.slice(name.lastIndexOf(`${system}-`) + system.length + 1);
  const [processor = rest, library = ""] = rest.split("-");
  const libc = system === "linux" ? LIBRARIES[library] : undefined;
  return {
    os: [system],
    cpu: [PROCESSORS[rest] ?? processor],
    ...(libc === undefined ? {} : { libc: [libc] }),
  };
}
