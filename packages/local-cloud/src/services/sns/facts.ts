import type { ResourceFacts } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { policyOf } from "./policy/topic-policy.ts";
import type { SnsState } from "./state.ts";

export function snsFacts(sns: SnsState): ResourceFacts {
  const topicOf = (arn: string) => sns.in(placeOfArn(arn)).topics.get(arn);
  return {
    policyOf(arn) {
      const topic = topicOf(arn);
      return topic && policyOf(topic);
    },
    tagsOf: (arn) => topicOf(arn)?.tags,
  };
}
