/** One line of a text in Prometheus's exposition format. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** The samples of the wanted names, and every name that the text declares or uses. */
export interface Exposition {
  readonly samples: readonly Sample[];
  readonly names: ReadonlySet<string>;
}

/** A line that is not of the format; lines count from 1. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
/** One label and what separates it from the next. Its value may hold anything but a bare quote or line end. */
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,|(?=\}))/y;
const DECLARATION = /^#\s+(?:TYPE|HELP|UNIT)\s+([a-zA-Z_:][a-zA-Z0-9_:]*)/;

/**
 * Reads the text format 0.0.4 and what OpenMetrics adds to it: timestamps and exemplars are passed over.
 * Source: prometheus.io, "Exposition formats"; the OpenMetrics specification.
 * @throws {FormatError} naming the line.
 */
export function parseExposition(text: string, isWanted: (name: string) => boolean): Exposition {
  const samples: Sample[] = [];
  const names = new Set<string>();
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed.startsWith("#")) {
      const declared = DECLARATION.exec(trimmed)?.[1];
      if (declared !== undefined) names.add(declared);
      continue;
    }
    if (trimmed === "") continue;
    const name = NAME.exec(trimmed)?.[0];
    if (name === undefined) throw wrong(index, trimmed, "it does not begin with a metric's name");
    names.add(name);
    // A page has thousands of lines, of which a few are wanted.
    if (isWanted(name)) samples.push(sampleOf(name, trimmed, index));
  }
  return { samples, names };
}

function sampleOf(name: string, line: string, index: number): Sample {
  const labels = new Map<string, string>();
  let at = name.length + (/^\s*(?=\{)/.exec(line.slice(name.length))?.[0].length ?? 0);
  if (line[at] === "{") {
    at += 1;
    while (line[at] !== "}") {
      LABEL.lastIndex = at;
      const label = LABEL.exec(line);
      if (label === null) {
        if (line.slice(at).trimStart().startsWith("}")) break;
        throw wrong(index, line, "its labels cannot be read");
      }
      labels.set(label[1] ?? "", unescaped(label[2] ?? ""));
      at = LABEL.lastIndex;
    }
    at = line.indexOf("}", at) + 1;
  }
  const [written = ""] = line.slice(at).trimStart().split(/\s/, 1);
  const value = numberOf(written);
  if (value === undefined) throw wrong(index, line, `"${written}" is not a number`);
  return { name, labels, value };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}

/** Prometheus writes infinities as +Inf and -Inf. */
export function numberOf(written: string): number | undefined {
  const infinity = /^([+-]?)inf$/i.exec(written);
  if (infinity !== null) return infinity[1] === "-" ? -Infinity : Infinity;
  if (/^nan$/i.test(written)) return Number.NaN;
  const value = Number(written);
  return written === "" || Number.isNaN(value) ? undefined : value;
}

function wrong(index: number, line: string, why: string): FormatError {
  const shown = line.length > 80 ? `${line.slice(0, 80)}...` : line;
  return new FormatError(`line ${index + 1}: ${why}: ${shown}`);
}
