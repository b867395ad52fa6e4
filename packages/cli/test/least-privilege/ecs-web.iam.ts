// Protects examples/ecs-web: its release ends as its README says by the role that its deploy-role.sh makes, and not by a
// role that has any one permission less.
import { openExample } from "./support/example.ts";
import { proveExample } from "./support/prove.ts";
import { imageRelease, serviceOf } from "./support/ecs-service.ts";

const example = await openExample("ecs-web");
const service = serviceOf(example, "ecs-web");
const [url = ""] = example.urls;

proveExample(example, {
  visits: [{ url }],
  script: imageRelease,
  spec: "release.yaml",
  write: (isGood) => service.write(isGood),
  settle: () => service.settle(),
  before: { "Register ecs:RegisterTaskDefinition": () => service.supersede() },
});
