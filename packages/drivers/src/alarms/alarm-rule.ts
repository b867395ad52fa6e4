/** A mark, a quoted name, or a bare word. */
const TOKEN = /[(),]|"[^"]*"|[^\s(),"]+/g;

const STATES = new Set(["ALARM", "OK", "INSUFFICIENT_DATA"]);

/**
 * The alarms that a composite alarm's rule looks at, each once: `ALARM("a") AND NOT OK(b)` and
 * `AT_LEAST(2, ALARM, (a, b, c))`, with names or ARNs, quoted or bare. What is not a rule names none.
 * Source: AWS API reference, PutCompositeAlarm, AlarmRule.
 */
export function alarmsInRule(rule: string): readonly string[] {
  const tokens = rule.match(TOKEN) ?? [];
  const names = new Set<string>();
  for (let index = 0; index < tokens.length; index++) {
    if (!STATES.has(tokens[index] ?? "")) continue;
    // Inside AT_LEAST a comma stands between the state and its list.
    let next = index + (tokens[index + 1] === "," ? 2 : 1);
    if (tokens[next] !== "(") continue;
    for (next += 1; next < tokens.length && tokens[next] !== ")"; next++) {
      const token = tokens[next] ?? "";
      if (token !== "," && token !== "(") names.add(nameOf(token));
    }
    index = next;
  }
  return [...names];
}

/** An ARN ends with ":alarm:<name>", and a name may hold colons itself. */
function nameOf(token: string): string {
  const bare = token.replaceAll('"', "");
  const mark = ":alarm:";
  return bare.startsWith("arn:") ? bare.slice(bare.indexOf(mark) + mark.length) : bare;
}
