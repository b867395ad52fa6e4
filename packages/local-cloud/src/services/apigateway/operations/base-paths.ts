import type { BasePathMapping as BasePathShape } from "@aws-sdk/client-api-gateway";
import {
  type BasePathMapping,
  NO_BASE_PATH,
} from "../../../data-plane/execute-api/custom-domain.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import {
  badRequest,
  basePathNotFound,
  conflict,
  invalidPatchPath,
  onlyReplace,
} from "../errors.ts";
import { pageByPosition } from "../lookups.ts";
import { type Patch, readPatches } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import type { ApiGateway } from "../state.ts";
import { domainOf } from "./domain-names.ts";

/** Which API and stage each base path of a custom domain name leads to. */
export function basePathOperations(gateway: ApiGateway) {
  const { cloud, tables } = gateway;
  return {
    CreateBasePathMapping(input, context) {
      const { name } = domainOf(gateway, context, input.domainName);
      const mapping: BasePathMapping = {
        basePath: checkBasePath(input.basePath),
        apiId: input.restApiId ?? "",
        stage: input.stage === "" ? undefined : input.stage,
      };
      checkDestination(gateway, context, mapping);
      const table = tables.basePaths(context, name);
      if (table.has(mapping.basePath)) throw alreadyMapped();
      table.set(mapping.basePath, mapping);
      return shapeOf(mapping);
    },

    GetBasePathMapping: (input, context) => shapeOf(mappingOf(gateway, context, input)),

    GetBasePathMappings(input, context) {
      const { name } = domainOf(gateway, context, input.domainName);
      const rows = tables.basePaths(context, name).values();
      const page = pageByPosition(rows, input, ({ basePath }) => basePath);
      return { items: page.items.map(shapeOf), position: page.nextToken };
    },

    UpdateBasePathMapping(input, context) {
      const before = mappingOf(gateway, context, input);
      const next = readPatches(input.patchOperations).reduce(patchMapping, before);
      checkDestination(gateway, context, next);
      const table = tables.basePaths(context, input.domainName ?? "");
      if (next.basePath !== before.basePath && table.has(next.basePath)) throw alreadyMapped();
      cloud.store.transaction(() => {
        table.delete(before.basePath);
        table.set(next.basePath, next);
      });
      return shapeOf(next);
    },

    DeleteBasePathMapping(input, context) {
      const { basePath } = mappingOf(gateway, context, input);
      tables.basePaths(context, input.domainName ?? "").delete(basePath);
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

/** Source: an AWS answer quoted in aws/aws-cdk#5794. */
const alreadyMapped = () => conflict("Base path already exists for this domain name");

/**
 * Source: an AWS answer to DeleteStage of an HTTP API, and half of one to DeleteRestApi, both quoted by users.
 * Unverified: that mappings without a stage let any stage go, and the first words about a stage.
 * @throws BadRequestException naming the domains whose mappings lead there.
 */
export function refuseWhileMapped(
  { tables }: ApiGateway,
  place: Place,
  what: "RestApi" | "stage",
  leadsThere: (mapping: BasePathMapping) => boolean,
): void {
  const domains = [...tables.domains(place).values()]
    .map(({ name }) => name)
    .filter((name) => [...tables.basePaths(place, name).values()].some(leadsThere));
  if (domains.length === 0) return;
  throw badRequest(
    `Deleting ${what} failed. Please remove all base path mappings related to the ${what} in your ` +
      `domains: ${domains.join(", ")}`,
  );
}

function mappingOf(
  gateway: ApiGateway,
  place: Place,
  input: { readonly domainName: string | undefined; readonly basePath: string | undefined },
): BasePathMapping {
  const { name } = domainOf(gateway, place, input.domainName);
  const mapping = gateway.tables.basePaths(place, name).get(input.basePath ?? "");
  if (mapping === undefined) throw basePathNotFound();
  return mapping;
}

/** Unverified: the texts. */
function checkBasePath(basePath: string | undefined): string {
  if (basePath === undefined || basePath === "" || basePath === NO_BASE_PATH) return NO_BASE_PATH;
  if (basePath.includes("/")) {
    throw badRequest(
      "API Gateway V1 doesn't support the slash character (/) in base path mappings. " +
        "To create a multi-level base path mapping, use API Gateway V2.",
    );
  }
  if (/^[a-zA-Z0-9$\-_.+!*'()]+$/.test(basePath)) return basePath;
  throw badRequest("Invalid base path: only letters, numbers and one of $-_.+!*'() are allowed");
}

/** Unverified: the text about the stage. The other is quoted as AWS's in many a deployment's log. */
function checkDestination({ tables }: ApiGateway, place: Place, mapping: BasePathMapping): void {
  const { apiId, stage } = mapping;
  if (!tables.apis(place).has(apiId)) throw badRequest("Invalid REST API identifier specified");
  if (stage !== undefined && !tables.stages(place, apiId).has(stage)) {
    throw badRequest("Invalid stage identifier specified");
  }
}

/** Source: AWS docs, "patch operations", UpdateBasePathMapping. */
function patchMapping(mapping: BasePathMapping, { op, path, value }: Patch): BasePathMapping {
  if (op !== "replace") throw onlyReplace();
  switch (path) {
    case "/basePath":
    case "/basepath":
      return { ...mapping, basePath: checkBasePath(value) };
    case "/restapiId":
    case "/restApiId":
      return { ...mapping, apiId: value ?? "" };
    case "/stage":
      return { ...mapping, stage: value === "" ? undefined : value };
    default:
      throw invalidPatchPath(path);
  }
}

function shapeOf({ basePath, apiId, stage }: BasePathMapping): BasePathShape {
  return { basePath, restApiId: apiId, stage };
}
