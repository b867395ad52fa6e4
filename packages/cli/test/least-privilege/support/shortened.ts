/** What a headgate.yaml says of time, which tests do not wait for. */
const TIMES: readonly (readonly [name: string, value: string])[] = [
  ["pause", "300ms"],
  ["bake", "300ms"],
  ["every", "300ms"],
  ["interval", "1s"],
  ["for", "1s"],
];
const POLL = "poll: { alarms: 300ms, route: 300ms, traffic: 500ms }";
/**
 * So much worse the new version may be: some dozens of requests prove that it is not, in place of thousands. How fast it
 * answers on a busy machine is not what is tried here.
 */
const ANALYSIS = ["margin: { rate: 25% }", "latency: ignore", "minTime: 500ms"];

/** An example's headgate.yaml as it is, comments and all, but for its times, and for how soon its analysis is sure. */
export function shortened(text: string): string {
  const inTime = TIMES.reduce(
    (done, [name, value]) =>
      done.replaceAll(new RegExp(`\\b${name}: \\d+m?s?\\b`, "g"), `${name}: ${value}`),
    text.replaceAll(/^ *(?:latency|minTime): .*\n/gm, ""),
  );
  const analysed = inTime.includes("margin:")
    ? inTime.replaceAll(/^( *)margin: .*$/gm, (_line, indent: string) => under(indent))
    : `${inTime}\nanalysis:\n${under("  ")}\n`;
  return analysed.replaceAll(/^( *)strategy:/gm, `$1${POLL}\n$1strategy:`);
}

function under(indent: string): string {
  return ANALYSIS.map((line) => `${indent}${line}`).join("\n");
}
