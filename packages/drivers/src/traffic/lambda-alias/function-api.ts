import type {
  AliasConfiguration,
  FunctionConfiguration,
  GetProvisionedConcurrencyConfigCommandOutput,
  InvocationResponse,
  Lambda,
} from "@aws-sdk/client-lambda";
import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner, CallLimits } from "../../aws/runner.ts";

/** Where a write starts from, and what it makes of it. */
export interface AliasUpdate {
  readonly version: string;
  /** Empty for a single version: leaving the field out would keep the old weights. */
  readonly weights: Readonly<Record<string, number>>;
  readonly revisionId: string;
}

/** What a revision changes beside the code; what is missing stays as it is. */
export interface FunctionSettings {
  readonly handler?: string | undefined;
  readonly runtime?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Lambda's operations on one function and one alias of it, each named for messages, none raw. */
export interface FunctionApi {
  readonly functionName: string;
  readonly alias: string;
  region(): Promise<string>;
  getAlias(limits?: CallLimits): Promise<AliasConfiguration>;
  /** All aliases of the function. */
  listAliases(): Promise<readonly AliasConfiguration[]>;
  updateAlias(update: AliasUpdate, limits: CallLimits): Promise<AliasConfiguration>;
  /** Without a version, of $LATEST. */
  getConfiguration(version?: string): Promise<FunctionConfiguration>;
  updateCode(zip: Uint8Array, revisionId: string | undefined): Promise<void>;
  updateSettings(settings: FunctionSettings, revisionId: string | undefined): Promise<void>;
  publish(guard: {
    readonly codeSha256: string | undefined;
    readonly revisionId: string | undefined;
    readonly description: string | undefined;
  }): Promise<FunctionConfiguration>;
  /** Undefined when none is reserved; 0 when the function is switched off. */
  reservedConcurrency(): Promise<number | undefined>;
  getCapacity(qualifier: string): Promise<GetProvisionedConcurrencyConfigCommandOutput>;
  putCapacity(qualifier: string, executions: number): Promise<void>;
  deleteCapacity(qualifier: string): Promise<void>;
  /** Asks AWS whether we could invoke this version, without running it. */
  dryRun(version: string): Promise<void>;
  invoke(version: string, payload: string, timeoutMs: number): Promise<InvocationResponse>;
}

/** A 50 MB upload over a slow line. */
const UPLOAD_LIMITS: CallLimits = { deadlineMs: 300_000, attemptMs: 240_000 };

export function functionApi(parts: {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly functionName: string;
  readonly alias: string;
}): FunctionApi {
  const { clients, run, functionName, alias } = parts;
  const FunctionName = functionName;
  const theFunction = `function ${functionName}`;
  const theAlias = `alias ${functionName}:${alias}`;
  const versionNamed = (qualifier: string) => `version ${functionName}:${qualifier}`;

  const call = async <Output>(
    action: string,
    subject: string,
    send: (lambda: Lambda, options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
    limits?: CallLimits,
  ): Promise<Output> => {
    const lambda = await clients.lambda();
    const request = { action: `lambda:${action}`, subject };
    return run(request, (abortSignal) => send(lambda, { abortSignal }), limits);
  };

  return {
    functionName,
    alias,
    async region() {
      const lambda = await clients.lambda();
      const request = { action: "lambda:GetAlias", subject: theAlias };
      return run(request, () => lambda.config.region());
    },
    getAlias: (limits) =>
      call(
        "GetAlias",
        theAlias,
        (lambda, options) => lambda.getAlias({ FunctionName, Name: alias }, options),
        limits,
      ),
    async listAliases() {
      const aliases: AliasConfiguration[] = [];
      let marker: string | undefined;
      do {
        const Marker = marker;
        const page = await call("ListAliases", theFunction, (lambda, options) =>
          lambda.listAliases({ FunctionName, Marker }, options),
        );
        aliases.push(...(page.Aliases ?? []));
        marker = page.NextMarker === "" ? undefined : page.NextMarker;
      } while (marker !== undefined);
      return aliases;
    },
    updateAlias({ version, weights, revisionId }, limits) {
      const input = {
        FunctionName,
        Name: alias,
        FunctionVersion: version,
        RoutingConfig: { AdditionalVersionWeights: { ...weights } },
        RevisionId: revisionId,
      };
      const send = (lambda: Lambda, options: { readonly abortSignal: AbortSignal }) =>
        lambda.updateAlias(input, options);
      return call("UpdateAlias", theAlias, send, limits);
    },
    getConfiguration: (version) =>
      call(
        "GetFunctionConfiguration",
        version === undefined ? theFunction : versionNamed(version),
        (lambda, options) =>
          lambda.getFunctionConfiguration({ FunctionName, Qualifier: version }, options),
      ),
    async updateCode(zip, revisionId) {
      const input = { FunctionName, ZipFile: zip, RevisionId: revisionId };
      await call(
        "UpdateFunctionCode",
        theFunction,
        (lambda, options) => lambda.updateFunctionCode(input, options),
        UPLOAD_LIMITS,
      );
    },
    async updateSettings(settings, revisionId) {
      const { handler, runtime, environment } = settings;
      await call("UpdateFunctionConfiguration", theFunction, (lambda, options) =>
        lambda.updateFunctionConfiguration(
          {
            FunctionName,
            RevisionId: revisionId,
            Handler: handler,
            // The SDK's type lists the runtimes of its day; AWS checks what it knows now.
            Runtime: runtime as FunctionConfiguration["Runtime"],
            Environment: environment === undefined ? undefined : { Variables: { ...environment } },
          },
          options,
        ),
      );
    },
    publish: ({ codeSha256, revisionId, description }) =>
      call("PublishVersion", theFunction, (lambda, options) =>
        lambda.publishVersion(
          {
            FunctionName,
            CodeSha256: codeSha256,
            RevisionId: revisionId,
            Description: description,
          },
          options,
        ),
      ),
    async reservedConcurrency() {
      const { ReservedConcurrentExecutions } = await call(
        "GetFunctionConcurrency",
        theFunction,
        (lambda, options) => lambda.getFunctionConcurrency({ FunctionName }, options),
      );
      return ReservedConcurrentExecutions;
    },
    getCapacity: (Qualifier) =>
      call(
        "GetProvisionedConcurrencyConfig",
        `provisioned concurrency on ${functionName}:${Qualifier}`,
        (lambda, options) =>
          lambda.getProvisionedConcurrencyConfig({ FunctionName, Qualifier }, options),
      ),
    async putCapacity(Qualifier, ProvisionedConcurrentExecutions) {
      const input = { FunctionName, Qualifier, ProvisionedConcurrentExecutions };
      await call("PutProvisionedConcurrencyConfig", versionNamed(Qualifier), (lambda, options) =>
        lambda.putProvisionedConcurrencyConfig(input, options),
      );
    },
    async deleteCapacity(Qualifier) {
      await call("DeleteProvisionedConcurrencyConfig", versionNamed(Qualifier), (lambda, options) =>
        lambda.deleteProvisionedConcurrencyConfig({ FunctionName, Qualifier }, options),
      );
    },
    async dryRun(version) {
      const input = { FunctionName, Qualifier: version, InvocationType: "DryRun" } as const;
      await call("InvokeFunction", versionNamed(version), (lambda, options) =>
        lambda.invoke(input, options),
      );
    },
    invoke: (version, payload, timeoutMs) =>
      call(
        "InvokeFunction",
        versionNamed(version),
        (lambda, options) =>
          lambda.invoke(
            {
              FunctionName,
              Qualifier: version,
              Payload: new TextEncoder().encode(payload),
              LogType: "Tail",
            },
            options,
          ),
        { deadlineMs: timeoutMs + 30_000, attemptMs: timeoutMs + 10_000 },
      ),
  };
}
