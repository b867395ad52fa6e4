/** The contents of every fenced block of one language, in the page's order. */
export function fencedBlocks(page: string, language: string): readonly string[] {
  const blocks = page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"));
  return [...blocks].map(([, text = ""]) => text);
}

/** Every row of every table as its cells, heads and rules left out. A cell holds no "|". */
export function tableRows(page: string): readonly (readonly string[])[] {
  const lines = page.split("\n");
  const isRow = (line: string | undefined) => line?.startsWith("|") ?? false;
  const isRule = (line: string | undefined) => /^\|[-|]+\|$/.test(line ?? "");
  return lines
    .filter((line, index) => isRow(line) && !isRule(line) && !isRule(lines[index + 1]))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** "5m" for "`5m`"; undefined for a cell that is not code alone. */
export function codeOf(cell: string | undefined): string | undefined {
  return /^`([^`]+)`$/.exec(cell ?? "")?.[1];
}
