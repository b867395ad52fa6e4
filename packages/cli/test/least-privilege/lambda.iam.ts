// Protects examples/lambda: its release ends as its README says by the role that its deploy-role.sh makes, and not by a
// role that has any one permission less.
import { Lambda } from "@aws-sdk/client-lambda";
import { openExample } from "./support/example.ts";
import { proveExample } from "./support/prove.ts";
import { settleAlias } from "./support/settle.ts";

const example = await openExample("lambda");
const lambda = new Lambda(example.root);
const [url = ""] = example.urls;
let price = 40;

proveExample(example, {
  visits: [{ url, method: "POST", body: '{"coffee": 10}' }],
  write(isGood) {
    price++;
    example.edit("src/prices.py", (text) =>
      text
        .replace(/"apple": \d+/, `"apple": ${price}`)
        .replace(
          /price (?:\* 9 \/\/ 10|\* DISCOUNT) if/,
          isGood ? "price * 9 // 10 if" : "price * DISCOUNT if",
        ),
    );
  },
  settle: () => settleAlias(lambda, "orders-example"),
});
