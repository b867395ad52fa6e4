// Protects examples/api-gateway: its release ends as its README says by the role that its deploy-role.sh makes, and not by
// a role that has any one permission less.
import { APIGateway } from "@aws-sdk/client-api-gateway";
import { openExample } from "./support/example.ts";
import { proveExample } from "./support/prove.ts";
import { settleStage } from "./support/settle.ts";

const example = await openExample("api-gateway");
const gateway = new APIGateway(example.root);
const [url = ""] = example.urls;
let cents = 390;

proveExample(example, {
  visits: [{ url }],
  // release.sh publishes the source. For `headgate deploy` alone it is enough that the document is another; it calls the
  // function's first version, or the third, which is the bad one.
  write(isGood) {
    cents++;
    example.edit("src/app.py", (text) =>
      text
        .replace(/BASE_CENTS = \d+/, `BASE_CENTS = ${cents}`)
        .replace(/\/\/ \w+$/m, isGood ? "// 1000" : "// DIVISOR"),
    );
    example.edit("api.json", (text) =>
      text
        .replace(/"version": "[^"]*"/, `"version": "${cents}"`)
        .replace(/quotes-example:\d+/, `quotes-example:${isGood ? 1 : 3}`),
    );
  },
  settle: () => settleStage(gateway, "prod"),
});
