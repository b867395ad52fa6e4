import type { Table } from "../../../storage/store.ts";
import { type Tags, withoutTags } from "../../tags.ts";
import { notFound, type ResourceType } from "../errors.ts";
import type { LatticeHandlers } from "../sdk.ts";
import type { Lattice, PlaceState } from "../state.ts";

export function tagOperations(lattice: Lattice) {
  return {
    TagResource(input, context) {
      const tagged = taggedBy(lattice.in(context), input.resourceArn ?? "");
      tagged.set({ ...tagged.tags, ...input.tags });
      return {};
    },

    UntagResource(input, context) {
      const tagged = taggedBy(lattice.in(context), input.resourceArn ?? "");
      tagged.set(withoutTags(tagged.tags, input.tagKeys));
      return {};
    },

    ListTagsForResource: (input, context) => ({
      tags: { ...taggedBy(lattice.in(context), input.resourceArn ?? "").tags },
    }),
  } satisfies LatticeHandlers;
}

interface Tagged {
  readonly tags: Tags;
  set(tags: Tags): void;
}

/** Finds what "arn:aws:vpc-lattice:...:service/svc-0.../listener/listener-0..." names. */
export function taggedBy(state: PlaceState, arn: string): Tagged {
  const [noun = "", id = "", part, partId = "", , ruleId = ""] = arn
    .split(":")
    .slice(5)
    .join(":")
    .split("/");
  switch (noun) {
    case "servicenetwork":
      return rowOf(state.networks, id, "SERVICE_NETWORK");
    case "targetgroup":
      return rowOf(state.targetGroups, id, "TARGET_GROUP");
    case "servicenetworkserviceassociation":
      return rowOf(state.serviceAssociations, id, "SERVICE_NETWORK_SERVICE_ASSOCIATION");
    case "servicenetworkvpcassociation":
      return rowOf(state.vpcAssociations, id, "SERVICE_NETWORK_VPC_ASSOCIATION");
    case "accesslogsubscription":
      return rowOf(state.logSubscriptions, id, "ACCESS_LOG_SUBSCRIPTION");
    default:
      if (part === undefined) return rowOf(state.services, id, "SERVICE");
      if (ruleId === "") return rowOf(state.listeners(id), partId, "LISTENER");
      return rowOf(state.rules(partId), ruleId, "RULE");
  }
}

function rowOf<Row extends { readonly tags: Tags }>(
  table: Table<Row>,
  id: string,
  type: ResourceType,
): Tagged {
  const row = table.get(id);
  if (row === undefined) throw notFound({ type, id });
  return { tags: row.tags, set: (tags) => table.set(id, { ...row, tags }) };
}
