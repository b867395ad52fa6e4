import data from "../../model/iam-managed-policies.json" with { type: "json" };
import type { Policy } from "./state.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** AWS's own policies that the cloud knows, by ARN. The rest answer NoSuchEntity, as a typo would. */
export const MANAGED_POLICIES: ReadonlyMap<string, Policy> = new Map(
  data.policies.map((row) => {
    const arn = `arn:aws:iam::aws:policy${row.path}${row.name}`;
    const policy: Policy = {
      name: row.name,
      path: row.path,
      id: idFromName(row.name),
      arn,
      createdAtMs: Date.parse(row.created),
      updatedAtMs: Date.parse(row.updated),
      tags: [],
      description: undefined,
      versions: [
        {
          id: row.version,
          document: JSON.stringify(row.document, undefined, 4),
          createdAtMs: Date.parse(row.updated),
        },
      ],
      defaultVersionId: row.version,
      lastVersionNumber: Number(row.version.slice(1)),
    };
    return [arn, policy];
  }),
);

/** Stable, like AWS's, though not the same: the real ids are not published. */
function idFromName(name: string): string {
  let state = 0;
  let id = "ANPA";
  for (let index = 0; id.length < 21; index++) {
    state = (Math.imul(state, 31) + name.charCodeAt(index % name.length) + index) >>> 0;
    id += BASE32[state % 32];
  }
  return id;
}
