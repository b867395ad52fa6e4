// Protects examples/lattice: its release ends as its README says by the role that its deploy-role.sh makes, and not by a
// role that has any one permission less.
import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { openExample } from "./support/example.ts";
import { proveExample } from "./support/prove.ts";
import { leaveTestersRule, settleLattice } from "./support/settle.ts";

const example = await openExample("lattice");
const lattice = new VPCLattice(example.root);
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
    "ShiftARuleAndLeadTesters vpc-lattice:UpdateRule": () => leaveTestersRule(lattice),
  },
});
