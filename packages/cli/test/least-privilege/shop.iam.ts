// Protects examples/shop: its release ends as its README says by the role that its deploy-role.sh makes, and not by a role
// that has any one permission less.
import { APIGateway } from "@aws-sdk/client-api-gateway";
import { Lambda } from "@aws-sdk/client-lambda";
import { imageRelease, serviceOf } from "./support/ecs-service.ts";
import { openExample } from "./support/example.ts";
import { proveExample } from "./support/prove.ts";
import { settleAlias, settleStage } from "./support/settle.ts";

const example = await openExample("shop");
const lambda = new Lambda(example.root);
const gateway = new APIGateway(example.root);
const service = serviceOf(example, "shop-web");
// Past whatever release.sh is told.
let release = 100;

proveExample(example, {
  visits: example.urls.map((url) => ({ url })),
  script: imageRelease,
  spec: "release.yaml",
  async write(isGood) {
    release++;
    example.edit("api/app.py", (text) => text.replace(/^RELEASE = .*/m, `RELEASE = "${release}"`));
    example.edit("api.json", (text) => text.replace(/"release [^"]*"/, `"release ${release}"`));
    await service.write(isGood);
  },
  async settle() {
    await settleAlias(lambda, "shop-api");
    await settleStage(gateway, "prod");
    await service.settle();
  },
  before: { "Register ecs:RegisterTaskDefinition": () => service.supersede() },
});
