import type { DestinationConfig } from "@aws-sdk/client-lambda";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { invalidParameter, notFound } from "../errors.ts";
import {
  functionArn,
  LATEST,
  type NamedFunction,
  parseReference,
  referenceOf,
} from "../function-name.ts";
import type { LambdaParts } from "../parts.ts";
import type { LambdaHandlers, LambdaInput } from "../sdk.ts";
import { type EventInvokeConfigRow, keyOf, type PlaceState, rowsOf } from "../state.ts";
import { marked, pageOfRows } from "./pages.ts";

type Settings = Omit<EventInvokeConfigRow, "functionName" | "qualifier" | "lastModifiedMs">;

/** How asynchronous invocations of a function, version or alias are retried, and who hears of them. */
export function eventInvokeConfigOperations({ cloud, lambda }: LambdaParts) {
  const write = (
    place: Place,
    { name, qualifier }: { readonly name: string; readonly qualifier: string },
    settings: Settings,
  ) => {
    const row = { ...settings, functionName: name, qualifier, lastModifiedMs: cloud.clock.nowMs() };
    lambda.in(place).eventInvokeConfigs.set(keyOf(name, qualifier), row);
    return configOutput(place, row);
  };

  return {
    PutFunctionEventInvokeConfig(input, context) {
      const state = lambda.in(context);
      const owner = requireOwner(state, context, input);
      const settings = settingsOf(state, owner.name, input);
      return write(context, owner, {
        maximumRetryAttempts: settings.maximumRetryAttempts,
        maximumEventAgeSeconds: settings.maximumEventAgeSeconds,
        onSuccess: settings.onSuccess,
        onFailure: settings.onFailure,
      });
    },

    UpdateFunctionEventInvokeConfig(input, context) {
      const state = lambda.in(context);
      const owner = requireOwner(state, context, input);
      const current = state.eventInvokeConfigs.get(keyOf(owner.name, owner.qualifier));
      if (current === undefined) throw noConfig(context, owner.name, owner.qualifier);
      const changed = settingsOf(state, owner.name, input);
      const hasDestinations = input.DestinationConfig !== undefined;
      return write(context, owner, {
        maximumRetryAttempts: changed.maximumRetryAttempts ?? current.maximumRetryAttempts,
        maximumEventAgeSeconds: changed.maximumEventAgeSeconds ?? current.maximumEventAgeSeconds,
        onSuccess: hasDestinations ? changed.onSuccess : current.onSuccess,
        onFailure: hasDestinations ? changed.onFailure : current.onFailure,
      });
    },

    GetFunctionEventInvokeConfig(input, context) {
      const { row } = find(lambda.in(context), context, input);
      return configOutput(context, row);
    },

    ListFunctionEventInvokeConfigs(input, context) {
      const state = lambda.in(context);
      const { name } = parseReference(context, input.FunctionName ?? "");
      const row = state.functions.get(name);
      if (row === undefined) throw notFound("The function doesn't exist.");
      const configs = rowsOf(state.eventInvokeConfigs, row);
      const page = pageOfRows(configs, input, ([qualifier]) => qualifier);
      return marked("FunctionEventInvokeConfigs", {
        nextToken: page.nextToken,
        items: page.items.map(([, config]) => configOutput(context, config)),
      });
    },

    DeleteFunctionEventInvokeConfig(input, context) {
      const state = lambda.in(context);
      const { key } = find(state, context, input);
      state.eventInvokeConfigs.delete(key);
      return {};
    },
  } satisfies LambdaHandlers;
}

function find(state: PlaceState, place: Place, input: NamedFunction) {
  const { name, qualifier } = referenceOf(place, input);
  const key = keyOf(name, qualifier);
  const row = state.eventInvokeConfigs.get(key);
  if (row === undefined) throw noConfig(place, name, qualifier ?? LATEST);
  return { key, row };
}

function noConfig(place: Place, name: string, qualifier: string) {
  const arn = functionArn(place, name, qualifier);
  return notFound(`The function ${arn} doesn't have an EventInvokeConfig`);
}

/** @throws AWS's errors when nothing is set, or for something that does not exist. */
function requireOwner(
  state: PlaceState,
  place: Place,
  input: LambdaInput<"PutFunctionEventInvokeConfig">,
) {
  const { MaximumEventAgeInSeconds, MaximumRetryAttempts, DestinationConfig } = input;
  const isEmpty =
    MaximumEventAgeInSeconds === undefined &&
    MaximumRetryAttempts === undefined &&
    DestinationConfig === undefined;
  if (isEmpty) {
    throw invalidParameter(
      "You must specify at least one of error handling or destination setting.",
    );
  }
  const { name, qualifier = LATEST } = referenceOf(place, input);
  const key = keyOf(name, qualifier);
  if (!state.versions.has(key) && !state.aliases.has(key)) {
    throw notFound("The function doesn't exist.");
  }
  return { name, qualifier };
}

function settingsOf(
  state: PlaceState,
  name: string,
  input: LambdaInput<"PutFunctionEventInvokeConfig">,
): Settings {
  const { DestinationConfig: destinations } = input;
  const onSuccess = destinations?.OnSuccess?.Destination || undefined;
  const onFailure = destinations?.OnFailure?.Destination || undefined;
  for (const arn of [onFailure, onSuccess]) {
    if (arn !== undefined) requireDestination(state, name, arn, { onSuccess, onFailure });
  }
  return {
    maximumRetryAttempts: input.MaximumRetryAttempts,
    maximumEventAgeSeconds: input.MaximumEventAgeInSeconds,
    onSuccess,
    onFailure,
  };
}

/** @throws AWS's errors. Source: recorded AWS answers (LocalStack test_lambda_eventinvokeconfig_exceptions). */
function requireDestination(
  state: PlaceState,
  name: string,
  arn: string,
  all: { readonly onSuccess: string | undefined; readonly onFailure: string | undefined },
): void {
  const service = arn.split(":")[2];
  if (service === "sns" || service === "sqs" || service === "events" || service === "s3") return;
  if (service !== "lambda") {
    const { onSuccess, onFailure } = all;
    const success = onSuccess === undefined ? "null" : `OnSuccess(destination=${onSuccess})`;
    const failure = onFailure === undefined ? "null" : `OnFailure(destination=${onFailure})`;
    throw invalidParameter(
      `The provided destination config DestinationConfig(onSuccess=${success}, onFailure=${failure}) is invalid.`,
    );
  }
  const destination = parseReference(state.place, arn);
  if (!state.functions.has(destination.name)) {
    throw invalidParameter(`The destination ARN ${arn} is invalid.`);
  }
  if (destination.name === name) {
    throw invalidParameter("You can't specify the function as a destination for itself.");
  }
}

function configOutput(place: Place, row: EventInvokeConfigRow) {
  const destinations: DestinationConfig = {
    OnSuccess: row.onSuccess === undefined ? {} : { Destination: row.onSuccess },
    OnFailure: row.onFailure === undefined ? {} : { Destination: row.onFailure },
  };
  return {
    LastModified: new Date(row.lastModifiedMs),
    FunctionArn: functionArn(place, row.functionName, row.qualifier),
    MaximumRetryAttempts: row.maximumRetryAttempts,
    MaximumEventAgeInSeconds: row.maximumEventAgeSeconds,
    DestinationConfig: destinations,
  };
}
