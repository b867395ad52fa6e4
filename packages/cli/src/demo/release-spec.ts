/**
 * The spec of one of the demo's releases, as a user would write it.
 *
 * @param parts what it has of its target: target and revision as YAML, and the name of an alarm.
 * @param seconds how long the steps take in all, if nothing stops them; proof may take longer.
 */
export function releaseSpec(
  parts: { readonly targetAndRevision: string; readonly alarm: string },
  name: string,
  seconds: number,
): string {
  const pause = `${Math.max(1, Math.round((seconds * 1000) / 3))}ms`;
  return `name: ${name}

${parts.targetAndRevision}
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
  margin: { rate: 2% }
  minTime: 5s
  maxWait: 3m

alarms:
  - ${parts.alarm}

poll:
  alarms: 500ms
  route: 2s
  traffic: 1s

deadline: 5m
`;
}
