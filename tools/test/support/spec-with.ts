/** As JSON has it; a list is written with its path's `[]`. */
type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };
type Mapping = { readonly [key: string]: Value };

/** Stands for the text of the key that is tried out. */
const HERE = "@here@";

// Unlike every example on the page, so that an example that has no effect is noticed.
const CHECK: Mapping = { name: "errors", metric: "errorRate", max: 700 };
const ANY_METRIC: Mapping = { namespace: "Any", metricName: "Any" };
const OTHER_STEPS: readonly Value[] = [{ setWeight: "3%" }];

/** What must stand beside a key so that the file is right without it, by the beginning of the key's path or all of it. */
const BESIDE: readonly (readonly [start: string, mapping: Mapping])[] = [
  ["target.lambda.", { function: "any", alias: "any" }],
  ["target.lambda.via.codeDeploy.", { application: "any", deploymentGroup: "any" }],
  ["target.ecs.via.codeDeploy.", { application: "any", deploymentGroup: "any" }],
  ["revision.", { folder: "any" }],
  [
    "analysis.metrics[].",
    { name: "any", outcomes: { successes: ANY_METRIC, failures: ANY_METRIC } },
  ],
  ["analysis.metrics[].outcomes.", { successes: ANY_METRIC, failures: ANY_METRIC }],
  ["analysis.metrics[].outcomes.successes.", ANY_METRIC],
  ["analysis.metrics[].outcomes.failures.", ANY_METRIC],
  ["analysis.metrics[].values.", { metric: ANY_METRIC, thresholds: [70] }],
  ["analysis.metrics[].values.metric.", ANY_METRIC],
  ["analysis.source.embedded.", { namespace: "Any" }],
  ["analysis.source.prometheus.", { server: "http://localhost:9" }],
  ["target.apiGateway.", { api: "any", stage: "any" }],
  ["analysis.source.deploymentMetrics.", { namespace: "Any" }],
  ["target.lattice.", { service: "any", listener: "any" }],
  ["target.lattice.testers.", { header: "any", value: "any" }],
  [
    "target.ecs.",
    {
      cluster: "any",
      service: "any",
      container: "any",
      listener: "any:1",
      targetGroups: ["a", "b"],
    },
  ],
  ["target.ecs.testers.", { header: "any", value: "any" }],
  ["strategy.linear.", { step: "3%", every: "7m" }],
  ["strategy.canary.steps[].approval.", { deadline: "7h" }],
  ["strategy.canary.steps[].analysis.", { checks: ["errors"], for: "7m" }],
  ["checks[].metric.cloudWatch.", { namespace: "Any", metricName: "Any", statistic: "Sum" }],
  ["checks[].", CHECK],
  ["alarms[].", { name: "any", reason: "any" }],
  ["notify[].webhook.", { url: "https://any.example" }],
  ["notify[].slack.", { urlFrom: "ANY" }],
  ["notify[].", { webhook: "https://any.example" }],
  ["hooks[].lambda.details", { function: "any", protocol: "ecs" }],
  ["hooks[].lambda.", { function: "any" }],
  ["hooks[].smoke.", { url: "https://any.example" }],
  ["hooks[].load.", { url: "https://any.example", rate: 3, for: "7s" }],
  ["hooks[].invoke.", { events: [{ name: "any" }] }],
  ["hooks[].", { name: "any", when: "step", lambda: "any" }],
];

/** Of these only one may be given, below `start`: the one that is tried out takes the place of the others. */
const ONE_OF: readonly (readonly [start: string, keys: readonly string[]])[] = [
  [
    "",
    [
      "folder",
      "zip",
      "version",
      "deployment",
      "openApi",
      "apiAsItIs",
      "targetGroup",
      "image",
      "taskDefinition",
    ],
  ],
  ["hooks[].", ["lambda", "http", "command", "smoke", "load", "invoke", "capacity"]],
  ["", ["server", "scrape"]],
  ["target.ecs.", ["listener", "rule"]],
  ["", ["outcomes", "values"]],
  ["", ["url", "urlFrom"]],
  ["", ["webhook", "slack", "sns"]],
];

/** A whole file, small and right, in which `path` ("checks[].max") has the value that `text` is in YAML. */
export function specWith(path: string, text: string | undefined): string {
  const target = OTHER_TARGETS.find(([keys]) => keys.test(path))?.[1] ?? {};
  const filled = fill({ ...MINIMAL, ...target }, "", path.split("."), text !== undefined);
  // JSON is YAML too, so that the text may stand in it as it is.
  return JSON.stringify(filled).replace(`"${HERE}"`, () => text ?? "");
}

const MINIMAL: Mapping = {
  name: "any",
  target: { lambda: { function: "any", alias: "any" } },
  revision: { folder: "any" },
  strategy: { canary: { steps: OTHER_STEPS } },
  checks: [CHECK],
  hooks: [{ name: "smoke", when: "step", lambda: "smoke" }],
};

/** Keys that another target than Lambda's has, and what the file begins with for them. */
const OTHER_TARGETS: readonly (readonly [keys: RegExp, mapping: Mapping])[] = [
  // CodeDeploy takes fewer strategies than Headgate.
  [/^target\.lambda\.via(\.|$)/, { strategy: { allAtOnce: {} } }],
  [
    /^target\.ecs\.via(\.|$)/,
    {
      target: {
        ecs: {
          cluster: "any",
          service: "any",
          container: "any",
          listener: "any:1",
          targetGroups: ["a", "b"],
        },
      },
      revision: { image: "any" },
      strategy: { allAtOnce: {} },
    },
  ],
  [
    /^(target\.ecs|revision\.(image|taskDefinition)|hooks\[\]\.lambda\.(protocol|details))(\.|$)/,
    {
      target: {
        ecs: {
          cluster: "any",
          service: "any",
          container: "any",
          listener: "any:1",
          targetGroups: ["a", "b"],
        },
      },
      revision: { image: "any" },
    },
  ],
  [
    /^(target\.apiGateway|revision\.(deployment|openApi|apiAsItIs)|analysis\.source\.(accessLogs|deploymentMetrics))(\.|$)/,
    { target: { apiGateway: { api: "any", stage: "any" } }, revision: { apiAsItIs: true } },
  ],
  [
    /^(target\.lattice|revision\.targetGroup)(\.|$)/,
    { target: { lattice: { service: "any", listener: "any" } }, revision: { folder: "any" } },
  ],
];

function fill(base: Mapping, above: string, path: readonly string[], isGiven: boolean): Mapping {
  const [head = "", ...rest] = path;
  const key = head.replace("[]", "");
  if (rest.length === 0) return isGiven ? { ...without(base, above, key), [key]: HERE } : base;
  const start = `${above}${head}.`;
  const whole = rest.length === 1 ? `${start}${rest[0]}` : start;
  const beside = BESIDE.find(([begin]) => begin === start || begin === whole)?.[1] ?? {};
  const inner = fill(beside, start, rest, isGiven);
  if (head !== key) return { ...base, [key]: [...(key === "steps" ? OTHER_STEPS : []), inner] };
  return { ...without(base, above, key), [key]: inner };
}

function without(base: Mapping, above: string, key: string): Mapping {
  const among = ONE_OF.find(([start, keys]) => above.startsWith(start) && keys.includes(key));
  const others = among?.[1] ?? [];
  return Object.fromEntries(Object.entries(base).filter(([name]) => !others.includes(name)));
}
