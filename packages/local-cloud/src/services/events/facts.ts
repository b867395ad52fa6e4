import type { Cloud, ResourceFacts } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { stateOf } from "./state.ts";

export function eventsFacts({ store }: Cloud): ResourceFacts {
  const busOf = (arn: string) => {
    const [, bus] = /:event-bus\/(.+)$/.exec(arn) ?? [];
    return bus === undefined ? undefined : stateOf(store, placeOfArn(arn)).buses.get(bus);
  };
  const ruleOf = (arn: string) =>
    [...stateOf(store, placeOfArn(arn)).rules.values()].find((rule) => rule.arn === arn);
  return {
    policyOf: (arn) => busOf(arn)?.policy,
    tagsOf: (arn) => (busOf(arn) ?? ruleOf(arn))?.tags,
  };
}
