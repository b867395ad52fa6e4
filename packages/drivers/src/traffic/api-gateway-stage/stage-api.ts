import type {
  APIGateway,
  Deployment,
  GatewayResponse,
  Model,
  PatchOperation,
  PutRestApiCommandOutput,
  RequestValidator,
  Resource,
  RestApi,
  Stage,
} from "@aws-sdk/client-api-gateway";
import { RolloutError } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner, CallLimits } from "../../aws/runner.ts";

/** API Gateway's operations on one REST API and one stage of it, each named for messages, none raw. */
export interface StageApi {
  /** As the specification names it: an id or a name. */
  readonly apiName: string;
  readonly stageName: string;
  region(): Promise<string>;
  /** Finds the API once. @throws {RolloutError} TARGET_NOT_FOUND; TARGET_UNSUITABLE when several have the name. */
  restApi(): Promise<RestApi & { readonly id: string }>;
  getStage(limits?: CallLimits): Promise<Stage>;
  /** Sent once: whoever calls it looks again before it sends another. */
  updateStage(patch: readonly PatchOperation[], limits: CallLimits): Promise<Stage>;
  getDeployment(deploymentId: string): Promise<Deployment>;
  listDeployments(): Promise<readonly Deployment[]>;
  /** A deployment of the API as it is now, on no stage: no user can meet it. */
  createDeployment(description: string): Promise<string>;
  /** The API becomes this document. Stages go on serving the deployments that they have. */
  putRestApi(document: Uint8Array): Promise<PutRestApiCommandOutput>;
  definition(): Promise<ApiDefinition>;
}

/** What a deployment is a snapshot of, as far as API Gateway shows it. */
export interface ApiDefinition {
  readonly api: RestApi;
  readonly resources: readonly Resource[];
  readonly models: readonly Model[];
  readonly validators: readonly RequestValidator[];
  readonly gatewayResponses: readonly GatewayResponse[];
}

/** CreateDeployment and PutRestApi may be slow, and the one is allowed every five seconds only. */
const DEPLOY_LIMITS: CallLimits = { deadlineMs: 120_000, attemptMs: 60_000, retry: "unsent" };
/** The most that a page has. Source: AWS docs, API_GetRestApis. */
const PAGE = 500;
/** Unverified: that every id is like this. What is not is still tried as one when there is no such name. */
const LIKE_AN_ID = /^[a-z0-9]{10}$/;
/** More pages than this are a platform that gives the same one again and again. Ours. */
const MOST_PAGES = 100;

export function stageApi(parts: {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly api: string;
  readonly stage: string;
}): StageApi {
  const { clients, run, api: apiName, stage: stageName } = parts;
  const theApi = `REST API ${apiName}`;
  const theStage = `stage ${stageName} of REST API ${apiName}`;

  const call = async <Output>(
    action: string,
    subject: string,
    send: (gateway: APIGateway, options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
    limits?: CallLimits,
  ): Promise<Output> => {
    const gateway = await clients.apiGateway();
    // IAM knows API Gateway's operations by their HTTP method alone.
    const request = { action: `apigateway:${action}`, subject };
    return run(request, (abortSignal) => send(gateway, { abortSignal }), limits);
  };

  const byId = async (): Promise<readonly RestApi[]> => {
    const one = await call("GET", theApi, (gateway, options) =>
      gateway.getRestApi({ restApiId: apiName }, options),
    );
    return [{ ...one, id: one.id ?? apiName }];
  };
  const byName = async (): Promise<readonly RestApi[]> => {
    const all = await allPages<RestApi>((position) =>
      call("GET", "the REST APIs", (gateway, options) =>
        gateway.getRestApis({ position, limit: PAGE }, options),
      ),
    );
    return all.filter(({ name }) => name === apiName);
  };

  const find = async (): Promise<RestApi & { readonly id: string }> => {
    // Whoever may read one API alone is refused all others, also one that is not there: what is likelier comes first.
    const looks = LIKE_AN_ID.test(apiName) ? [byId, byName] : [byName, byId];
    let denial: RolloutError | undefined;
    let named: readonly RestApi[] = [];
    for (const look of looks) {
      try {
        named = await look();
      } catch (error) {
        if (!(error instanceof RolloutError)) throw error;
        // A name is no id, and may have characters that no id has.
        if (!["TARGET_NOT_FOUND", "AWS_REFUSED", "AWS_DENIED"].includes(error.code)) throw error;
        if (error.code === "AWS_DENIED") denial ??= error;
      }
      if (named.length > 0) break;
    }
    const [only, ...others] = named;
    if (only?.id !== undefined && others.length === 0) return { ...only, id: only.id };
    if (only === undefined) {
      if (denial !== undefined) throw denial;
      throw new RolloutError(
        "TARGET_NOT_FOUND",
        `there is no REST API with the id or name "${apiName}"`,
        {
          hint: "Check target.apiGateway.api, the account and the region: aws apigateway get-rest-apis",
        },
      );
    }
    const ids = named.map(({ id }) => id).join(", ");
    throw new RolloutError(
      "TARGET_UNSUITABLE",
      `${named.length} REST APIs are named "${apiName}": ${ids}`,
      {
        hint: "Write the id of the one you mean as target.apiGateway.api.",
      },
    );
  };
  let found: ReturnType<typeof find> | undefined;
  /** Remembered, for an id never changes; a failure is not. */
  const restApi = () =>
    (found ??= find().catch((error: unknown) => {
      found = undefined;
      throw error;
    }));
  const restApiId = async () => (await restApi()).id;

  return {
    apiName,
    stageName,
    async region() {
      const gateway = await clients.apiGateway();
      return run({ action: "apigateway:GET", subject: theApi }, () => gateway.config.region());
    },
    restApi,
    async getStage(limits) {
      const id = await restApiId();
      return call(
        "GET",
        theStage,
        (gateway, options) => gateway.getStage({ restApiId: id, stageName }, options),
        limits,
      );
    },
    async updateStage(patchOperations, limits) {
      const input = {
        restApiId: await restApiId(),
        stageName,
        patchOperations: [...patchOperations],
      };
      return call("PATCH", theStage, (gateway, options) => gateway.updateStage(input, options), {
        ...limits,
        retry: "never",
      });
    },
    async getDeployment(deploymentId) {
      const id = await restApiId();
      return call("GET", `deployment ${deploymentId} of ${theApi}`, (gateway, options) =>
        gateway.getDeployment({ restApiId: id, deploymentId }, options),
      );
    },
    async listDeployments() {
      const id = await restApiId();
      return allPages<Deployment>((position) =>
        call("GET", `the deployments of ${theApi}`, (gateway, options) =>
          gateway.getDeployments({ restApiId: id, position, limit: PAGE }, options),
        ),
      );
    },
    async createDeployment(description) {
      const input = { restApiId: await restApiId(), description };
      const { id = "" } = await call(
        "POST",
        `a deployment of ${theApi}`,
        (gateway, options) => gateway.createDeployment(input, options),
        DEPLOY_LIMITS,
      );
      return id;
    },
    async putRestApi(body) {
      const input = { restApiId: await restApiId(), mode: "overwrite" as const, body };
      return call("PUT", theApi, (gateway, options) => gateway.putRestApi(input, options), {
        ...DEPLOY_LIMITS,
        retry: "any",
      });
    },
    async definition() {
      const id = await restApiId();
      const get = <Item>(
        what: string,
        send: (
          gateway: APIGateway,
          input: {
            readonly restApiId: string;
            readonly position: string | undefined;
            readonly limit: number;
          },
          options: { readonly abortSignal: AbortSignal },
        ) => Promise<Page<Item>>,
      ) =>
        allPages<Item>((position) =>
          call("GET", `the ${what} of ${theApi}`, (gateway, options) =>
            send(gateway, { restApiId: id, position, limit: PAGE }, options),
          ),
        );
      return {
        api: await call("GET", theApi, (gateway, options) =>
          gateway.getRestApi({ restApiId: id }, options),
        ),
        resources: await get<Resource>("resources", (gateway, input, options) =>
          gateway.getResources({ ...input, embed: ["methods"] }, options),
        ),
        models: await get<Model>("models", (gateway, input, options) =>
          gateway.getModels(input, options),
        ),
        validators: await get<RequestValidator>("request validators", (gateway, input, options) =>
          gateway.getRequestValidators(input, options),
        ),
        gatewayResponses: await get<GatewayResponse>(
          "gateway responses",
          (gateway, input, options) => gateway.getGatewayResponses(input, options),
        ),
      };
    },
  };
}

interface Page<Item> {
  readonly items?: Item[] | undefined;
  readonly position?: string | undefined;
}

async function allPages<Item>(
  read: (position: string | undefined) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let position: string | undefined;
  for (let page = 1; page <= MOST_PAGES; page++) {
    const answer = await read(position);
    items.push(...(answer.items ?? []));
    if (answer.position === undefined || answer.position === "") return items;
    position = answer.position;
  }
  throw new RolloutError("AWS_UNREACHABLE", `API Gateway gave ${MOST_PAGES} pages and no end`, {
    hint: "Try again; name the API by its id if it was named by its name.",
  });
}
