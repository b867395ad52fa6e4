import type { Cloud, ResourceFacts } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { findSecretIfAny, secretTable } from "./state.ts";

export function secretFacts({ store, clock }: Cloud): ResourceFacts {
  return {
    arnOf: (place, _kind, name) =>
      findSecretIfAny(secretTable(store, place), name, clock.nowMs())?.arn,
    tagsOf(arn) {
      const secret = findSecretIfAny(secretTable(store, placeOfArn(arn)), arn, clock.nowMs());
      return secret && Object.fromEntries(secret.tags.map(({ Key, Value }) => [Key, Value]));
    },
  };
}
