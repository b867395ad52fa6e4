import type { ResourceFacts } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { groupArn } from "./arns.ts";
import type { CodeDeploy } from "./state.ts";

/** A deployment has no ARN: it stands for the group that it belongs to. */
export function codedeployFacts(codedeploy: CodeDeploy): ResourceFacts {
  return {
    tagsOf: (arn) => codedeploy.in(placeOfArn(arn)).tags.get(arn),
    arnOf(place, kind, id) {
      if (kind !== "deployment") return undefined;
      const deployment = codedeploy.in(place).deployments.get(id);
      return deployment && groupArn(place, deployment.applicationName, deployment.groupName);
    },
  };
}
