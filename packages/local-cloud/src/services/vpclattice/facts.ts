import { AwsError } from "../../aws-error.ts";
import type { ResourceFacts } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { taggedBy } from "./operations/tags.ts";
import type { Lattice } from "./state.ts";

/** Auth policies are not here: they speak of users' requests, and the data plane asks them. */
export function latticeFacts(lattice: Lattice): ResourceFacts {
  return {
    tagsOf(arn) {
      try {
        return taggedBy(lattice.in(placeOfArn(arn)), arn).tags;
      } catch (error) {
        // What is not there has no tags.
        if (error instanceof AwsError) return undefined;
        throw error;
      }
    },
  };
}
