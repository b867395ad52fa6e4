import type { JsonObject } from "../../../json-object.ts";
import type { Cloud } from "../../../service.ts";
import { textIn } from "./members.ts";
import type { Look } from "./metric-widget.ts";
import type { WidgetContent } from "./views.ts";

/** Ours: a table of more rows is not read. */
const ROWS_MAX = 100;

/** "SOURCE '/a' | SOURCE '/b' | fields ...": the groups, and the query behind them. */
export function sourcesOf(text: string): {
  readonly groups: readonly string[];
  readonly text: string;
} {
  const groups: string[] = [];
  let rest = text;
  for (;;) {
    const found =
      /^\s*(?:SOURCE\s+)((?:'[^']*'|"[^"]*"|[^\s|'"]+)(?:\s*,\s*(?:'[^']*'|"[^"]*"))*)\s*(?:\||$)/i.exec(
        rest,
      );
    if (found === null) return { groups, text: rest.trim() };
    const names = (found[1] ?? "")
      .split(",")
      .map((name) => name.trim().replace(/^['"]|['"]$/g, ""));
    groups.push(...names);
    rest = rest.slice(found[0].length);
  }
}

export async function logWidget(
  cloud: Cloud,
  properties: JsonObject,
  look: Look,
): Promise<WidgetContent> {
  const { groups, text } = sourcesOf(textIn(properties, "query") ?? "");
  const region = textIn(properties, "region") ?? look.region;
  const queries = await cloud.port("logQueries");
  const outcome = await queries.run(
    { account: look.account, region },
    { groups, text, fromMs: look.startMs, toMs: look.endMs, limit: ROWS_MAX },
  );
  if (outcome.kind === "refused") {
    return { kind: "log", columns: [], rows: [], problems: [outcome.message] };
  }
  const rows = outcome.rows.slice(0, ROWS_MAX);
  const columns = [...new Set(rows.flatMap((row) => row.map(({ field }) => field)))];
  return {
    kind: "log",
    columns,
    rows: rows.map((row) =>
      columns.map((column) => row.find(({ field }) => field === column)?.value ?? ""),
    ),
    problems: problemsOf(groups, outcome),
  };
}

function problemsOf(
  groups: readonly string[],
  outcome: {
    readonly rows: readonly unknown[];
    readonly recordsScanned: number;
    readonly missingGroups: readonly string[];
  },
): string[] {
  if (groups.length === 0) return ["The query names no log group: begin it with SOURCE 'NAME'."];
  const missing = outcome.missingGroups.map((name) => `There is no log group ${name}.`);
  if (outcome.rows.length > 0 || missing.length === groups.length) return missing;
  const { recordsScanned } = outcome;
  const seen =
    recordsScanned === 0
      ? "The log groups have no events in this range of time."
      : `None of ${recordsScanned} events in this range of time is what the query asks for.`;
  return [...missing, seen];
}
