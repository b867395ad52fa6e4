import type { AliasConfiguration, AliasRoutingConfiguration } from "@aws-sdk/client-lambda";
import type { Place } from "../../../telemetry/metric-sink.ts";
import {
  aliasNotFound,
  conflict,
  functionNotFound,
  invalidParameter,
  notFound,
  revisionMismatch,
} from "../errors.ts";
import { functionArn, LATEST, parseUnqualified } from "../function-name.ts";
import type { LambdaParts } from "../parts.ts";
import { removeSettings } from "../removal.ts";
import type { LambdaHandlers, LambdaInput } from "../sdk.ts";
import { type AliasRow, keyOf, type PlaceState, requireFunction } from "../state.ts";
import { marked, pageOfRows } from "./pages.ts";

/** What changes an alias: the operation, and services through the port `aliases`. */
export type AliasParts = Pick<LambdaParts, "cloud" | "lambda" | "provisioning">;

export function aliasOperations(parts: AliasParts) {
  const { cloud, lambda, provisioning } = parts;
  const update = aliasUpdate(parts);
  return {
    CreateAlias(input, context) {
      const state = lambda.in(context);
      const functionName = parseUnqualified(context, input.FunctionName ?? "");
      const { Name: name = "", FunctionVersion: functionVersion = "" } = input;
      const additional = routingOf(input.RoutingConfig);
      requireRoutable(state, { functionName, functionVersion, additional });
      const arn = functionArn(context, functionName, name);
      if (state.aliases.has(keyOf(functionName, name))) {
        throw conflict(`Alias already exists: ${arn}`);
      }
      const row = requireFunction(state, functionName);
      const alias = {
        functionName,
        name,
        functionVersion,
        additional,
        description: input.Description ?? "",
        revisionId: cloud.random.uuid(),
      };
      cloud.store.transaction(() => {
        state.aliases.set(keyOf(functionName, name), alias);
        state.functions.set(functionName, { ...row, aliases: [...row.aliases, name].sort() });
      });
      return aliasOutput(context, alias);
    },

    GetAlias(input, context) {
      const functionName = parseUnqualified(context, input.FunctionName ?? "");
      const alias = lambda.in(context).aliases.get(keyOf(functionName, input.Name));
      if (alias === undefined) {
        throw aliasNotFound(functionArn(context, functionName, input.Name));
      }
      return aliasOutput(context, alias);
    },

    UpdateAlias(input, context) {
      return aliasOutput(context, update(context, input));
    },

    ListAliases(input, context) {
      const state = lambda.in(context);
      const row = requireFunction(state, parseUnqualified(context, input.FunctionName ?? ""));
      const aliases = row.aliases.flatMap((name) => {
        const alias = state.aliases.get(keyOf(row.name, name));
        const isAsked =
          input.FunctionVersion === undefined || alias?.functionVersion === input.FunctionVersion;
        return alias !== undefined && isAsked ? [alias] : [];
      });
      const page = pageOfRows(aliases, input, ({ name }) => name);
      return marked("Aliases", {
        nextToken: page.nextToken,
        items: page.items.map((alias) => aliasOutput(context, alias)),
      });
    },

    /** Deleting an alias that does not exist is fine. Source: recorded AWS answer. */
    DeleteAlias(input, context) {
      const state = lambda.in(context);
      const functionName = parseUnqualified(context, input.FunctionName ?? "");
      const { Name: name = "" } = input;
      const row = state.functions.get(functionName);
      const key = keyOf(functionName, name);
      if (row === undefined || !state.aliases.has(key)) return {};
      const provisioned = state.provisioned.get(key);
      if (provisioned !== undefined) provisioning.release(state, provisioned);
      cloud.store.transaction(() => {
        removeSettings(state, key);
        state.aliases.delete(key);
        const aliases = row.aliases.filter((other) => other !== name);
        state.functions.set(functionName, { ...row, aliases });
      });
      return {};
    },
  } satisfies LambdaHandlers;
}

/**
 * UpdateAlias. Members that are left out keep their values, the routing too; an empty routing clears it.
 * @throws {AwsError} as AWS does.
 */
export function aliasUpdate({ cloud, lambda, provisioning }: AliasParts) {
  return (place: Place, input: LambdaInput<"UpdateAlias">): AliasRow => {
    const state = lambda.in(place);
    const functionName = parseUnqualified(place, input.FunctionName ?? "");
    const key = keyOf(functionName, input.Name);
    const current = state.aliases.get(key);
    if (current === undefined) {
      throw notFound(`Alias not found: ${functionArn(place, functionName, input.Name)}`);
    }
    if (input.RevisionId !== undefined && input.RevisionId !== current.revisionId) {
      throw revisionMismatch("GetFunction/GetAlias");
    }
    const alias: AliasRow = {
      ...current,
      description: input.Description ?? current.description,
      functionVersion: input.FunctionVersion ?? current.functionVersion,
      additional:
        input.RoutingConfig === undefined ? current.additional : routingOf(input.RoutingConfig),
      revisionId: cloud.random.uuid(),
    };
    requireRoutable(state, alias);
    requireNotProvisionedTwice(state, alias);
    state.aliases.set(key, alias);
    provisioning.aliasMoved(state, functionName, alias.name);
    return alias;
  };
}

type Routing = AliasRow["additional"];

/** The wire layer has checked that the version is a number and the weight between 0 and 1. */
function routingOf(config: AliasRoutingConfiguration | undefined): Routing {
  const weights = Object.entries(config?.AdditionalVersionWeights ?? {});
  if (weights.length > 1) {
    throw invalidParameter("Number of items in AdditionalVersionWeights cannot be greater than 1");
  }
  const [only] = weights;
  return only === undefined ? undefined : { version: only[0], weight: only[1] };
}

/** @throws AWS's errors when an alias cannot lead where it would. */
function requireRoutable(
  state: PlaceState,
  alias: Pick<AliasRow, "functionName" | "functionVersion" | "additional">,
): void {
  const { functionName, functionVersion, additional } = alias;
  if (additional?.version === functionVersion) {
    throw invalidParameter(
      `Invalid function version ${functionVersion}. Function version ${functionVersion} is already included in routing configuration.`,
    );
  }
  const first = requireVersion(state, functionName, functionVersion);
  if (additional === undefined) return;
  if (functionVersion === LATEST) {
    throw invalidParameter("$LATEST is not supported for an alias pointing to more than 1 version");
  }
  const second = requireVersion(state, functionName, additional.version);
  // Unverified: AWS's texts for these two. Source of the rules: AWS docs, configuration-aliases.
  if (first.configuration.roleArn !== second.configuration.roleArn) {
    throw invalidParameter(
      "The versions that an alias points to must have the same execution role.",
    );
  }
  if (first.configuration.deadLetterArn !== second.configuration.deadLetterArn) {
    throw invalidParameter(
      "The versions that an alias points to must have the same dead-letter queue configuration.",
    );
  }
}

function requireVersion(state: PlaceState, functionName: string, version: string) {
  const found = state.versions.get(keyOf(functionName, version));
  if (found === undefined) {
    throw functionNotFound(functionArn(state.place, functionName, version));
  }
  return found;
}

/** Unverified: that AWS refuses it here, as it does in PutProvisionedConcurrencyConfig. */
function requireNotProvisionedTwice(state: PlaceState, alias: AliasRow): void {
  const { functionName, name, functionVersion } = alias;
  if (!state.provisioned.has(keyOf(functionName, name))) return;
  if (state.provisioned.has(keyOf(functionName, functionVersion))) {
    throw conflict(
      "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    );
  }
}

function aliasOutput(place: Place, alias: AliasRow): AliasConfiguration {
  const { functionName, name, additional } = alias;
  return {
    AliasArn: functionArn(place, functionName, name),
    Name: name,
    FunctionVersion: alias.functionVersion,
    Description: alias.description,
    RoutingConfig: additional && {
      AdditionalVersionWeights: { [additional.version]: additional.weight },
    },
    RevisionId: alias.revisionId,
  };
}
