import type { ApiKey } from "@aws-sdk/client-api-gateway";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { wholeSecond } from "../../dates.ts";
import {
  apiKeyNotFound,
  badRequest,
  conflict,
  invalidPatchPath,
  limitExceeded,
} from "../errors.ts";
import { API_KEYS_MAX } from "../limits.ts";
import { pageByPosition } from "../lookups.ts";
import { isTrue, type Patch, readPatches } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import { type ApiGateway, type ApiKeyRow, newId } from "../state.ts";

const VALUE_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/** Source: AWS docs, API_CreateApiKey. */
const VALUE_LENGTH_MIN = 20;

export function apiKeyOperations(gateway: ApiGateway) {
  const { cloud, tables } = gateway;
  return {
    CreateApiKey(input, context) {
      const value = input.value ?? cloud.random.string(40, VALUE_ALPHABET);
      if (value.length < VALUE_LENGTH_MIN) {
        throw badRequest(`API Key value should be at least ${VALUE_LENGTH_MIN} characters`);
      }
      const keys = tables.apiKeys(context);
      for (const key of keys.values()) {
        if (key.value === value) throw conflict("API Key already exists");
      }
      if (keys.size >= API_KEYS_MAX) {
        throw limitExceeded("Maximum number of API Keys for this account has been reached.");
      }
      const nowMs = cloud.clock.nowMs();
      const row: ApiKeyRow = {
        id: newId(gateway, 10),
        value,
        name: input.name,
        description: input.description,
        customerId: input.customerId,
        enabled: input.enabled ?? false,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        stageKeys: (input.stageKeys ?? []).map(
          ({ restApiId, stageName }) => `${restApiId}/${stageName}`,
        ),
        tags: input.tags ?? {},
      };
      keys.set(row.id, row);
      return apiKeyShape(row, { withValue: true });
    },

    GetApiKey: (input, context) =>
      apiKeyShape(apiKeyOf(gateway, context, input.apiKey), {
        withValue: input.includeValue ?? false,
      }),

    GetApiKeys(input, context) {
      const rows = [...tables.apiKeys(context).values()].filter(
        ({ name, customerId }) =>
          (input.nameQuery === undefined || (name ?? "").startsWith(input.nameQuery)) &&
          (input.customerId === undefined || customerId === input.customerId),
      );
      const page = pageByPosition(rows, input, ({ id }) => id);
      const show = { withValue: input.includeValues ?? false };
      return { items: page.items.map((row) => apiKeyShape(row, show)), position: page.nextToken };
    },

    UpdateApiKey(input, context) {
      const row = apiKeyOf(gateway, context, input.apiKey);
      const patched = readPatches(input.patchOperations).reduce(patchApiKey, row);
      const next = { ...patched, updatedAtMs: cloud.clock.nowMs() };
      tables.apiKeys(context).set(row.id, next);
      return apiKeyShape(next, { withValue: false });
    },

    DeleteApiKey(input, context) {
      const { id } = apiKeyOf(gateway, context, input.apiKey);
      cloud.store.transaction(() => {
        const members = tables.usagePlanKeys(context);
        for (const [key, keyId] of members.entries()) {
          if (keyId === id) members.delete(key);
        }
        tables.apiKeys(context).delete(id);
      });
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

export function apiKeyOf({ tables }: ApiGateway, place: Place, id: string | undefined): ApiKeyRow {
  const row = tables.apiKeys(place).get(id ?? "");
  if (row === undefined) throw apiKeyNotFound();
  return row;
}

function patchApiKey(row: ApiKeyRow, patch: Patch): ApiKeyRow {
  switch (patch.path) {
    case "/name":
      return { ...row, name: patch.value };
    case "/description":
      return { ...row, description: patch.value };
    case "/customerId":
      return { ...row, customerId: patch.value };
    case "/enabled":
      return { ...row, enabled: isTrue(patch.value) };
    case "/stages":
      return patch.op === "remove"
        ? { ...row, stageKeys: row.stageKeys.filter((stage) => stage !== patch.value) }
        : { ...row, stageKeys: [...row.stageKeys, patch.value ?? ""] };
    default:
      throw invalidPatchPath(patch.path);
  }
}

function apiKeyShape(row: ApiKeyRow, show: { readonly withValue: boolean }): ApiKey {
  return {
    id: row.id,
    value: show.withValue ? row.value : undefined,
    name: row.name,
    customerId: row.customerId,
    description: row.description,
    enabled: row.enabled,
    createdDate: wholeSecond(row.createdAtMs),
    lastUpdatedDate: wholeSecond(row.updatedAtMs),
    stageKeys: [...row.stageKeys],
    tags: Object.keys(row.tags).length === 0 ? undefined : { ...row.tags },
  };
}
