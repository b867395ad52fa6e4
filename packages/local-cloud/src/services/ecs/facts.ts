import type { ResourceFacts } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { findTaskDefinition } from "./lookups.ts";
import type { PlaceState } from "./state.ts";

/** Whoever starts tasks hands on the roles of their definition: "taskRole" and "executionRole" of "web:3". */
export function ecsFacts(open: (place: Place) => PlaceState): ResourceFacts {
  return {
    tagsOf: (arn) => open(placeOfArn(arn)).tags.get(arn),
    arnOf(place, kind, name) {
      const definition = findTaskDefinition(open(place), name)?.definition;
      if (kind === "taskRole") return definition?.taskRoleArn;
      return kind === "executionRole" ? definition?.executionRoleArn : undefined;
    },
  };
}
