import type { FunctionUrlConfig } from "@aws-sdk/client-lambda";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { isoWithOffset } from "../../dates.ts";
import { conflict, notFound } from "../errors.ts";
import { functionArn, type NamedFunction, parseReference, referenceOf } from "../function-name.ts";
import type { LambdaParts } from "../parts.ts";
import type { LambdaHandlers } from "../sdk.ts";
import { type FunctionUrlRow, keyOf, type PlaceState, rowsOf } from "../state.ts";
import { marked, pageOfRows } from "./pages.ts";

const ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
const ID_LENGTH = 32;

/** URLs of a function or of one of its aliases. Requests to them are served by `function-url-door.ts`. */
export function functionUrlOperations({ cloud, lambda }: LambdaParts) {
  return {
    CreateFunctionUrlConfig(input, context) {
      const state = lambda.in(context);
      const { name, alias, key } = requireOwner(state, context, input);
      if (state.urls.has(key)) {
        const arn = functionArn(context, name, alias);
        throw conflict(
          `Failed to create function url config for [functionArn = ${arn}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
        );
      }
      const nowMs = cloud.clock.nowMs();
      const row: FunctionUrlRow = {
        urlId: cloud.random.string(ID_LENGTH, ID_ALPHABET),
        functionName: name,
        alias,
        authType: input.AuthType ?? "NONE",
        cors: input.Cors,
        invokeMode: input.InvokeMode ?? "BUFFERED",
        createdAtMs: nowMs,
        lastModifiedMs: nowMs,
      };
      state.urls.set(key, row);
      const { LastModifiedTime: _, ...output } = urlOutput(cloud, context, row);
      return { ...output, InvokeMode: input.InvokeMode };
    },

    GetFunctionUrlConfig(input, context) {
      return urlOutput(cloud, context, requireUrl(lambda.in(context), context, input).row);
    },

    UpdateFunctionUrlConfig(input, context) {
      const state = lambda.in(context);
      requireOwner(state, context, input);
      const { key, row } = requireUrl(state, context, input);
      const updated: FunctionUrlRow = {
        ...row,
        authType: input.AuthType ?? row.authType,
        cors: input.Cors ?? row.cors,
        invokeMode: input.InvokeMode ?? row.invokeMode,
        lastModifiedMs: cloud.clock.nowMs(),
      };
      state.urls.set(key, updated);
      return { ...urlOutput(cloud, context, updated), InvokeMode: input.InvokeMode };
    },

    DeleteFunctionUrlConfig(input, context) {
      const state = lambda.in(context);
      state.urls.delete(requireUrl(state, context, input).key);
      return {};
    },

    ListFunctionUrlConfigs(input, context) {
      const state = lambda.in(context);
      const { name } = parseReference(context, input.FunctionName ?? "");
      const row = state.functions.get(name);
      if (row === undefined) throw notFound("Function does not exist");
      const page = pageOfRows(rowsOf(state.urls, row), input, ([qualifier]) => qualifier);
      return marked("FunctionUrlConfigs", {
        nextToken: page.nextToken,
        items: page.items.map(([, url]) => urlOutput(cloud, context, url)),
      });
    },
  } satisfies LambdaHandlers;
}

function requireOwner(state: PlaceState, place: Place, input: NamedFunction) {
  const { name, qualifier } = referenceOf(place, input);
  const key = keyOf(name, qualifier);
  const exists = qualifier === undefined ? state.functions.has(name) : state.aliases.has(key);
  if (!exists) throw notFound("Function does not exist");
  return { name, alias: qualifier, key };
}

function requireUrl(state: PlaceState, place: Place, input: NamedFunction) {
  const { name, qualifier } = referenceOf(place, input);
  const key = keyOf(name, qualifier);
  const row = state.urls.get(key);
  if (row === undefined) throw notFound("The resource you requested does not exist.");
  return { key, row };
}

function urlOutput(cloud: Cloud, place: Place, row: FunctionUrlRow) {
  return {
    FunctionUrl: urlOf(cloud, place, row.urlId),
    FunctionArn: functionArn(place, row.functionName, row.alias),
    AuthType: row.authType,
    Cors: row.cors,
    CreationTime: isoWithOffset(row.createdAtMs),
    LastModifiedTime: isoWithOffset(row.lastModifiedMs),
    InvokeMode: row.invokeMode,
  } satisfies FunctionUrlConfig;
}

/** A name that leads to this cloud as it stands: `*.localhost` is the machine itself. */
function urlOf(cloud: Cloud, place: Place, urlId: string): string {
  const { port } = new URL(cloud.endpointUrl());
  return `http://${urlId}.lambda-url.${place.region}.localhost:${port}/`;
}
