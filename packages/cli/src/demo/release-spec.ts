/** What a spec has of its target: target and revision as YAML, and the name of an alarm. */
export interface SpecParts {
  readonly targetAndRevision: string;
  readonly alarm: string;
}

/**
 * The spec of one of the demo's releases, as a user would write it.
 *
 * @param seconds how long the steps take in all, if nothing stops them; proof may take longer.
 */
export function releaseSpec(parts: SpecParts, name: string, seconds: number): string {
  return `name: ${name}\n\n${specOf(parts, seconds, "2%")}`;
}

/**
 * The file of a release of several targets.
 *
 * @param needs by target, those that must have all their traffic before it gets any.
 */
export function severalTargetsSpec(
  parts: Readonly<Record<string, SpecParts>>,
  needs: Readonly<Record<string, readonly string[]>>,
  { name, seconds }: { readonly name: string; readonly seconds: number },
): string {
  const targets = Object.entries(parts).map(
    ([target, part]) => `    ${target}:\n${indented(specOf(part, seconds, WIDE_MARGIN), 6)}`,
  );
  const needed = Object.entries(needs).map(([target, of]) => `    ${target}: [${of.join(", ")}]\n`);
  return `name: ${name}

release:
  needs:
${needed.join("")}  targets:
${targets.join("\n")}`;
}

/** Proved in half the requests: several doors share one machine, and one target waits for another's proof. */
const WIDE_MARGIN = "5%";

function indented(text: string, by: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(by));
}

function specOf({ targetAndRevision, alarm }: SpecParts, seconds: number, margin: string): string {
  const pause = `${Math.max(1, Math.round((seconds * 1000) / 3))}ms`;
  return `${targetAndRevision}
strategy:
  canary:
    steps:
      - setWeight: 10%
      - pause: ${pause}
      - setWeight: 25%
      - pause: ${pause}
      - setWeight: 50%
      - pause: ${pause}

# Both versions are compared all the time. The defaults prove a difference of 0.5%; a demo has less time.
analysis:
  margin: { rate: ${margin} }
  minTime: 5s
  maxWait: 3m

alarms:
  - ${alarm}

poll:
  alarms: 500ms
  route: 2s
  traffic: 1s

deadline: 5m
`;
}
