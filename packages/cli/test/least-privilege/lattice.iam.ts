// Protects examples/lattice: its release ends as its README says by the role that its deploy-role.sh makes, and not by a
// role that has any one permission less.
import { Lambda } from "@aws-sdk/client-lambda";
import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { openExample } from "./support/example.ts";
import { proveExample } from "./support/prove.ts";
import { leaveTestersRule, settleLattice } from "./support/settle.ts";

const example = await openExample("lattice");
const lattice = new VPCLattice(example.root);
const lambda = new Lambda(example.root);
const [url = ""] = example.urls;
let stock = 120;

proveExample(example, {
  visits: [{ url }],
  write(isGood) {
    stock++;
    example.edit("src/stock.py", (text) =>
      text
        .replace(/"coffee": \d+, "tea"/, `"coffee": ${stock}, "tea"`)
        .replace(/\/\/ SOLD\w*\[/, isGood ? "// SOLD_PER_DAY[" : "// SOLD["),
    );
  },
  settle: () => settleLattice(lattice),
  before: {
    "LetTargetGroupsInvoke lambda:AddPermission": leaveForbiddenGroup,
    "ShiftARuleAndLeadTesters vpc-lattice:UpdateRule": () => leaveTestersRule(lattice),
  },
});

/**
 * A target group that a release of the same source has left, and that nothing lets invoke its function any more.
 * Registering a function gives that by itself.
 */
async function leaveForbiddenGroup(): Promise<void> {
  const denied = new Set(["vpc-lattice:CreateRule", "vpc-lattice:DeregisterTargets"]);
  await example.allow(({ action }) => !denied.has(action));
  await example.deploy();
  const FunctionName = "stock-example";
  const { Versions = [] } = await lambda.listVersionsByFunction({ FunctionName });
  const of = { FunctionName, Qualifier: Versions.at(-1)?.Version };
  const { Policy = "{}" } = await lambda.getPolicy(of);
  const { Statement = [] }: { Statement?: { Sid: string }[] } = JSON.parse(Policy);
  for (const { Sid } of Statement) await lambda.removePermission({ ...of, StatementId: Sid });
}
