import type { Cloud, RequestContext } from "../../../service.ts";
import {
  oldestLabelled,
  parameterExists,
  tooManyParameters,
  tooManyTags,
  validation,
} from "../errors.ts";
import { ADVANCED_PARAMETERS, STANDARD_PARAMETERS, TAGS_MAX, VERSIONS_MAX } from "../limits.ts";
import { checkName } from "../names.ts";
import { newVersion } from "../new-version.ts";
import type { SsmHandlers, SsmInput } from "../sdk.ts";
import {
  findParameter,
  keyOf,
  latest,
  type Parameter,
  parameterTable,
  type ParameterTier,
  type ParameterVersion,
} from "../state.ts";

/** Putting and deleting. */
export function parameterOperations({ store, clock, random }: Cloud) {
  const tableOf = (context: RequestContext) => parameterTable(store, context);

  return {
    PutParameter(input, context) {
      const name = input.Name ?? "";
      const parameters = tableOf(context);
      const before = parameters.get(keyOf(name));
      checkPut(input, before);
      const made = { atMs: clock.nowMs(), by: context.caller.arn, random };
      const version = newVersion(input, before && latest(before), made);
      if (before === undefined) checkCount(parameters.values(), version.tier);
      const after =
        before === undefined
          ? newParameter(input, version, context)
          : { ...before, versions: withVersion(before, version) };
      parameters.set(keyOf(name), after);
      return { Version: version.version, Tier: version.tier };
    },

    DeleteParameter(input, context) {
      const parameters = tableOf(context);
      parameters.delete(keyOf(findParameter(parameters, input.Name ?? "").name));
      return {};
    },

    DeleteParameters(input, context) {
      const parameters = tableOf(context);
      const names = [...new Set(input.Names)];
      const DeletedParameters = names.filter((name) => parameters.delete(keyOf(name)));
      const deleted = new Set(DeletedParameters);
      return { DeletedParameters, InvalidParameters: names.filter((name) => !deleted.has(name)) };
    },
  } satisfies SsmHandlers;
}

function checkPut(input: SsmInput<"PutParameter">, before: Parameter | undefined): void {
  checkName(input.Name ?? "");
  if (input.Overwrite === true && (input.Tags ?? []).length > 0) {
    throw validation(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  if (before !== undefined && input.Overwrite !== true) throw parameterExists();
}

function newParameter(
  input: SsmInput<"PutParameter">,
  version: ParameterVersion,
  { region, account }: RequestContext,
): Parameter {
  const name = input.Name ?? "";
  const tags = Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key, Value ?? ""]));
  if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags();
  const arn = `arn:aws:ssm:${region}:${account}:parameter/${keyOf(name)}`;
  return { name, arn, tags, versions: [version] };
}

/** The oldest version makes room, unless somebody labelled it. */
function withVersion(parameter: Parameter, version: ParameterVersion): Parameter["versions"] {
  const [oldest, ...others] = parameter.versions;
  if (parameter.versions.length < VERSIONS_MAX) return [...parameter.versions, version];
  if (oldest.labels.length > 0) throw oldestLabelled(parameter.name, oldest.version);
  const [next = version, ...rest] = others;
  return [next, ...rest, version];
}

function checkCount(parameters: Iterable<Parameter>, tier: ParameterTier): void {
  const limit = tier === "Advanced" ? ADVANCED_PARAMETERS : STANDARD_PARAMETERS;
  const same = [...parameters].filter((parameter) => latest(parameter).tier === tier);
  if (same.length >= limit) throw tooManyParameters(limit);
}
