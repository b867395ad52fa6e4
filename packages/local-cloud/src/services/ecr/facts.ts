import type { ResourceFacts } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import type { EcrState } from "./state.ts";

export function ecrFacts(ecr: EcrState): ResourceFacts {
  const repositoryOf = (arn: string) =>
    ecr.in(placeOfArn(arn)).repositories.get(arn.replace(/^(?:[^:]*:){5}repository\//, ""));
  return {
    /** AWS's repository policies may leave Resource out: they stand for the repository. */
    policyOf: (arn) => repositoryOf(arn)?.policyText,
    tagsOf: (arn) => repositoryOf(arn)?.tags,
  };
}
