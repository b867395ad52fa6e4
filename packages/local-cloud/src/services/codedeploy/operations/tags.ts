import { withoutTags } from "../../tags.ts";
import { applicationArn, configArn, groupArn } from "../arns.ts";
import { refused } from "../errors.ts";
import { requireApplication, requireConfig, requireGroup } from "../lookups.ts";
import type { CodeDeployHandlers } from "../sdk.ts";
import type { CodeDeploy, PlaceState } from "../state.ts";
import { addTags, readTags, tagList } from "../tag-rules.ts";

export function tagOperations(codedeploy: CodeDeploy) {
  return {
    TagResource(input, context) {
      const state = codedeploy.in(context);
      const arn = requireResource(state, input.ResourceArn);
      const added = readTags(input.Tags);
      if (Object.keys(added).length === 0)
        throw refused("TagRequiredException", "A tag is required");
      state.tags.set(arn, addTags(state.tags.get(arn), added));
      return {};
    },

    UntagResource(input, context) {
      const state = codedeploy.in(context);
      const arn = requireResource(state, input.ResourceArn);
      state.tags.set(arn, withoutTags(state.tags.get(arn) ?? {}, input.TagKeys));
      return {};
    },

    ListTagsForResource(input, context) {
      const state = codedeploy.in(context);
      return { Tags: tagList(state.tags.get(requireResource(state, input.ResourceArn))) };
    },
  } satisfies CodeDeployHandlers;
}

/**
 * The ARN of something there is.
 * @throws {AwsError} InvalidArnException, ArnNotSupportedException, or that it does not exist. Unverified: the texts.
 */
function requireResource(state: PlaceState, arn = ""): string {
  const found = /^arn:[\w-]+:codedeploy:([\w-]+):(\d{12}):(\w+):(.+)$/.exec(arn);
  if (found === null) throw refused("InvalidArnException", `The ARN ${arn} is not valid`);
  const [, region, account, type = "", rest = ""] = found;
  if (region !== state.place.region || account !== state.place.account) {
    throw refused(
      "InvalidArnException",
      `The ARN ${arn} is of another account or region than the request's, ${state.place.account} in ${state.place.region}`,
    );
  }
  if (type === "application") {
    return applicationArn(state.place, requireApplication(state, rest).name);
  }
  if (type === "deploymentconfig") {
    return configArn(state.place, requireConfig(state, rest).deploymentConfigName);
  }
  if (type === "deploymentgroup") {
    const [applicationName = "", groupName = ""] = rest.split("/");
    const application = requireApplication(state, applicationName);
    return groupArn(
      state.place,
      application.name,
      requireGroup(state, application, groupName).name,
    );
  }
  throw refused("ArnNotSupportedException", `The ARN ${arn} does not name something with tags`);
}
