import type { SecurityPolicy } from "@aws-sdk/client-api-gateway";
import type {
  ApiDefinition,
  DeploymentDefinition,
  GatewayResponseDefinition,
  ResourceDefinition,
  StageDefinition,
  Strings,
  ThrottleSettings,
  ValidatorDefinition,
} from "../../data-plane/execute-api/api-definition.ts";
import type { BasePathMapping } from "../../data-plane/execute-api/custom-domain.ts";
import type { Cloud } from "../../service.ts";
import type { Store, Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";

/** A REST API apart from its parts, which have tables of their own. */
export interface ApiRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly version: string | undefined;
  readonly createdAtMs: number;
  readonly binaryMediaTypes: readonly string[];
  readonly minimumCompressionSize: number | undefined;
  readonly apiKeySource: "HEADER" | "AUTHORIZER";
  readonly endpointType: EndpointType;
  readonly ipAddressType: "ipv4" | "dualstack";
  readonly vpcEndpointIds: readonly string[] | undefined;
  readonly policy: string | undefined;
  readonly disableExecuteApiEndpoint: boolean;
  readonly rootResourceId: string;
  readonly tags: Strings;
}

export type EndpointType = "EDGE" | "REGIONAL" | "PRIVATE";

export type ResourceRow = ResourceDefinition;

export interface ModelRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly contentType: string;
  readonly schema: string | undefined;
}

export interface DeploymentRow extends DeploymentDefinition {
  readonly description: string | undefined;
  readonly createdAtMs: number;
  readonly api: ApiDefinition;
}

export interface StageRow extends StageDefinition {
  readonly description: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly tracingEnabled: boolean;
  readonly clientCertificateId: string | undefined;
  readonly documentationVersion: string | undefined;
  readonly tags: Strings;
}

export interface ApiKeyRow {
  readonly id: string;
  readonly value: string;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly customerId: string | undefined;
  readonly enabled: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** "{api id}/{stage}", the old way to say where a key is valid. Kept, not enforced, as on AWS. */
  readonly stageKeys: readonly string[];
  readonly tags: Strings;
}

export interface UsagePlanRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly apiStages: readonly PlanStage[];
  readonly throttle: ThrottleSettings | undefined;
  readonly quota: Quota | undefined;
  readonly productCode: string | undefined;
  readonly tags: Strings;
}

export interface PlanStage {
  readonly apiId: string;
  readonly stage: string;
  /** "{resource path}/{METHOD}" to its own limits. */
  readonly throttle: Readonly<Record<string, ThrottleSettings>> | undefined;
}

export interface Quota {
  readonly limit: number;
  readonly offset: number;
  readonly period: "DAY" | "WEEK" | "MONTH";
}

/** Requests of one key in one plan, by day ("2026-11-21"). */
export type UsageRow = Readonly<Record<string, number>>;

/** A custom domain name, apart from its mappings. */
export interface DomainRow {
  readonly name: string;
  readonly endpointType: "EDGE" | "REGIONAL";
  readonly certificateName: string | undefined;
  readonly certificateArn: string | undefined;
  readonly regionalCertificateName: string | undefined;
  readonly regionalCertificateArn: string | undefined;
  /** Where DNS would point: "d-....execute-api.us-east-1.amazonaws.com", "d....cloudfront.net". */
  readonly targetName: string;
  readonly securityPolicy: SecurityPolicy;
  readonly createdAtMs: number;
  readonly tags: Strings;
}

interface AccountRow {
  readonly cloudwatchRoleArn: string | undefined;
}

/** Every table of the service. Those with an API id hold the parts of that API. */
export interface Tables {
  apis(place: Place): Table<ApiRow>;
  resources(place: Place, apiId: string): Table<ResourceRow>;
  models(place: Place, apiId: string): Table<ModelRow>;
  validators(place: Place, apiId: string): Table<ValidatorDefinition>;
  gatewayResponses(place: Place, apiId: string): Table<GatewayResponseDefinition>;
  deployments(place: Place, apiId: string): Table<DeploymentRow>;
  stages(place: Place, apiId: string): Table<StageRow>;
  apiKeys(place: Place): Table<ApiKeyRow>;
  usagePlans(place: Place): Table<UsagePlanRow>;
  /** Keys are `planKey(planId, keyId)`; the row is the key's id. */
  usagePlanKeys(place: Place): Table<string>;
  /** Keys are `planKey(planId, keyId)`. */
  usage(place: Place): Table<UsageRow>;
  domains(place: Place): Table<DomainRow>;
  /** By base path; "(none)" for the domain itself. */
  basePaths(place: Place, domainName: string): Table<BasePathMapping>;
  /** One row, "account". */
  account(place: Place): Table<AccountRow>;
}

export const SERVICE = "apigateway";

export function openTables(store: Store): Tables {
  const table = <Row>({ account, region }: Place, name: string) =>
    store.table<Row>({ account, region, service: SERVICE }, name);
  return {
    apis: (place) => table(place, "apis"),
    resources: (place, apiId) => table(place, `resources/${apiId}`),
    models: (place, apiId) => table(place, `models/${apiId}`),
    validators: (place, apiId) => table(place, `validators/${apiId}`),
    gatewayResponses: (place, apiId) => table(place, `gateway-responses/${apiId}`),
    deployments: (place, apiId) => table(place, `deployments/${apiId}`),
    stages: (place, apiId) => table(place, `stages/${apiId}`),
    apiKeys: (place) => table(place, "api-keys"),
    usagePlans: (place) => table(place, "usage-plans"),
    usagePlanKeys: (place) => table(place, "usage-plan-keys"),
    usage: (place) => table(place, "usage"),
    domains: (place) => table(place, "domains"),
    basePaths: (place, domainName) => table(place, `base-paths/${domainName}`),
    account: (place) => table(place, "account"),
  };
}

export function planKey(planId: string, keyId: string): string {
  return `${planId}/${keyId}`;
}

/** What every operation of the service works with. */
export interface ApiGateway {
  readonly cloud: Cloud;
  readonly tables: Tables;
}

const ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/** APIs and keys have ids of 10 characters, the parts of an API of 6. */
export function newId({ cloud }: ApiGateway, length: 6 | 10): string {
  return cloud.random.string(length, ID_ALPHABET);
}
