import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { withoutTags } from "../../tags.ts";
import { resourceNotFound, validationError } from "../errors.ts";
import { MAX_TAGS } from "../limits.ts";
import type { CloudWatchHandlers, CloudWatchInput } from "../sdk.ts";
import { alarmNameOf, stateOf } from "../state.ts";

type TagList = NonNullable<CloudWatchInput<"TagResource">["Tags"]>;

/** Tags of alarms. */
export function tagOperations(cloud: Cloud) {
  return {
    TagResource({ ResourceARN = "", Tags = [] }, place) {
      checkAlarm(cloud, place, ResourceARN);
      putTags(cloud, place, ResourceARN, Tags);
      return {};
    },

    UntagResource({ ResourceARN = "", TagKeys }, place) {
      checkAlarm(cloud, place, ResourceARN);
      const { tags } = stateOf(cloud, place);
      tags.set(ResourceARN, withoutTags(tags.get(ResourceARN) ?? {}, TagKeys));
      return {};
    },

    // Source: recorded AWS answer (LocalStack snapshot test_tagging_metric_alarm): none for what is gone.
    ListTagsForResource({ ResourceARN = "" }, place) {
      const tags = stateOf(cloud, place).tags.get(ResourceARN) ?? {};
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  } satisfies CloudWatchHandlers;
}

export function putTags(cloud: Cloud, place: Place, arn: string, list: TagList | undefined): void {
  if (list === undefined || list.length === 0) return;
  const { tags } = stateOf(cloud, place);
  const added = Object.fromEntries(list.map(({ Key = "", Value = "" }) => [Key, Value]));
  const all = { ...tags.get(arn), ...added };
  if (Object.keys(all).length > MAX_TAGS) {
    throw validationError(`The number of tags must not exceed ${MAX_TAGS}.`);
  }
  tags.set(arn, all);
}

/** Unverified: the text. */
function checkAlarm(cloud: Cloud, place: Place, arn: string): void {
  if (stateOf(cloud, place).alarms.get(alarmNameOf(arn))?.arn === arn) return;
  throw resourceNotFound(`Resource not found: ${arn}`);
}
