import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** One import of one file. Paths are relative to the repository, with forward slashes. */
export interface ImportEdge {
  readonly file: string;
  /** As written: "../storage/store.ts", "@headgate/core", "node:fs". */
  readonly specifier: string;
  /** `import("...")`, loaded when it is reached, or `import type`, never loaded. */
  readonly isLazy: boolean;
}

/** What a package's sources may import of ours and of others. Dependencies of its own are always allowed. */
interface PackageRule {
  readonly package: string;
  /** Our packages that it may import. */
  readonly ours: readonly string[];
  /** When given, the only packages from outside, `node:` modules included. */
  readonly onlyOutside?: readonly string[];
}

const OURS = /^(?:@headgate\/[a-z-]+|headgate)(?:\/|$)/;

/** Who may import whom. The reasons are in ARCHITECTURE.md. */
export const PACKAGE_RULES: readonly PackageRule[] = [
  { package: "core", ours: [], onlyOutside: ["zod", "yaml"] },
  { package: "drivers", ours: ["@headgate/core"] },
  { package: "controller", ours: ["@headgate/core"] },
  { package: "local-cloud", ours: [] },
  {
    package: "cli",
    ours: ["@headgate/core", "@headgate/controller", "@headgate/drivers", "@headgate/local-cloud"],
  },
];

/**
 * Every import in the sources of every package.
 * @throws {Error} when it found no files, or a package without a rule: a check that looked at nothing
 * must not pass.
 */
export function readImports(root: string): ImportEdge[] {
  const edges: ImportEdge[] = [];
  for (const name of readdirSync(join(root, "packages"))) {
    if (!PACKAGE_RULES.some((rule) => rule.package === name)) {
      throw new Error(`packages/${name} has no import rule: add one to PACKAGE_RULES`);
    }
    const files = sourceFiles(join(root, "packages", name, "src"));
    if (files.length === 0) throw new Error(`packages/${name}/src holds no TypeScript files`);
    for (const path of files) {
      const file = relative(root, path).replaceAll("\\", "/");
      for (const found of importsOf(readFileSync(path, "utf8"))) edges.push({ file, ...found });
    }
  }
  if (edges.length === 0) throw new Error("no imports were read");
  return edges;
}

function sourceFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s(type\s)?(?:[^"';]*?\sfrom\s*)?"([^"]+)"|import\(\s*"([^"]+)"\s*\)/g;

/** The module specifiers of one source text, static, dynamic, type-only and re-exports. */
export function importsOf(source: string): Omit<ImportEdge, "file">[] {
  return [...source.matchAll(IMPORT)].map(([, typeOnly, fixed, lazy]) => ({
    specifier: fixed ?? lazy ?? "",
    isLazy: lazy !== undefined || typeOnly !== undefined,
  }));
}

/** Each broken rule as one sentence. */
export function brokenRules(edges: readonly ImportEdge[]): string[] {
  const rules = [packageProblem, serviceProblem, lazyCloudProblem];
  return edges.flatMap((edge) => rules.map((rule) => rule(edge))).filter(isText);
}

function packageProblem({ file, specifier }: ImportEdge): string | undefined {
  const rule = PACKAGE_RULES.find(({ package: name }) => file.startsWith(`packages/${name}/`));
  if (rule === undefined) return `${file} belongs to no package`;
  if (specifier.startsWith(".")) return leavesPackage(file, specifier);
  if (OURS.test(specifier)) {
    const allowed = rule.ours.some(
      (name) => specifier === name || specifier.startsWith(`${name}/`),
    );
    return allowed ? undefined : `${file} imports ${specifier}, which ${rule.package} must not`;
  }
  if (rule.onlyOutside === undefined) return undefined;
  const allowed = rule.onlyOutside.some(
    (name) => specifier === name || specifier.startsWith(`${name}/`),
  );
  return allowed
    ? undefined
    : `${file} imports ${specifier}; ${rule.package} may import only ${rule.onlyOutside.join(", ")}`;
}

function leavesPackage(file: string, specifier: string): string | undefined {
  const [, name] = file.split("/");
  const target = join(file, "..", specifier).replaceAll("\\", "/");
  return target.startsWith(`packages/${name}/`)
    ? undefined
    : `${file} reaches out of its package with ${specifier}`;
}

/** Services meet through ports and the bus, never through each other's files. */
function serviceProblem({ file, specifier }: ImportEdge): string | undefined {
  const service = /^packages\/local-cloud\/src\/services\/([a-z]+)\//.exec(file)?.[1];
  if (service === undefined || !specifier.startsWith(".")) return undefined;
  const target = join(file, "..", specifier).replaceAll("\\", "/");
  const other = /^packages\/local-cloud\/src\/services\/([a-z]+)\//.exec(target)?.[1];
  return other === undefined || other === service
    ? undefined
    : `${file} imports the service ${other} (${specifier}): use a port or the bus`;
}

/** Most commands never start the cloud, and must not pay for loading it. */
function lazyCloudProblem({ file, specifier, isLazy }: ImportEdge): string | undefined {
  const isCloud = file.startsWith("packages/cli/") && specifier === "@headgate/local-cloud";
  return isCloud && !isLazy ? `${file} must load ${specifier} lazily, with import()` : undefined;
}

function isText(value: string | undefined): value is string {
  return value !== undefined;
}
