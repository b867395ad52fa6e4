/**
 * What a REST API is made of, as the control plane stores it and the data plane serves it. Values are
 * immutable. A deployment is a frozen {@link ApiDefinition}: editing the API later changes nothing in it.
 */
export interface ApiDefinition {
  readonly apiId: string;
  readonly name: string;
  readonly binaryMediaTypes: readonly string[];
  readonly apiKeySource: "HEADER" | "AUTHORIZER";
  readonly disableExecuteApiEndpoint: boolean;
  /** Who may call it, with full ARNs. A change counts from the next deployment on. */
  readonly policy?: string | undefined;
  readonly resources: readonly ResourceDefinition[];
  /** By id. */
  readonly validators: Readonly<Record<string, ValidatorDefinition>>;
  /** By response type ("THROTTLED"); only those that were put. */
  readonly gatewayResponses: Readonly<Record<string, GatewayResponseDefinition>>;
}

export interface ResourceDefinition {
  readonly id: string;
  /** Undefined for the root. */
  readonly parentId: string | undefined;
  readonly pathPart: string | undefined;
  /** "/", "/orders/{id}", "/files/{path+}". */
  readonly path: string;
  /** By HTTP method, or "ANY". */
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

export type Strings = Readonly<Record<string, string>>;

export interface MethodDefinition {
  readonly httpMethod: string;
  /** "NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS". */
  readonly authorizationType: string;
  readonly authorizerId: string | undefined;
  readonly authorizationScopes: readonly string[] | undefined;
  readonly apiKeyRequired: boolean;
  readonly requestValidatorId: string | undefined;
  readonly operationName: string | undefined;
  /** "method.request.querystring.q" to whether it is required. */
  readonly requestParameters: Readonly<Record<string, boolean>> | undefined;
  /** Content type to the name of a model. */
  readonly requestModels: Strings | undefined;
  readonly responses: Readonly<Record<string, MethodResponseDefinition>>;
  readonly integration: IntegrationDefinition | undefined;
}

export interface MethodResponseDefinition {
  readonly statusCode: string;
  readonly responseParameters: Readonly<Record<string, boolean>> | undefined;
  readonly responseModels: Strings | undefined;
}

export type IntegrationType = "AWS" | "AWS_PROXY" | "HTTP" | "HTTP_PROXY" | "MOCK";
export type PassthroughBehavior = "WHEN_NO_MATCH" | "WHEN_NO_TEMPLATES" | "NEVER";
type ContentHandling = "CONVERT_TO_BINARY" | "CONVERT_TO_TEXT";

export interface IntegrationDefinition {
  readonly type: IntegrationType;
  /** The method towards the backend. Undefined for MOCK only. */
  readonly httpMethod: string | undefined;
  readonly uri: string | undefined;
  readonly connectionType: "INTERNET" | "VPC_LINK" | undefined;
  readonly connectionId: string | undefined;
  readonly credentials: string | undefined;
  readonly requestParameters: Strings | undefined;
  readonly requestTemplates: Strings | undefined;
  readonly passthroughBehavior: PassthroughBehavior;
  readonly contentHandling: ContentHandling | undefined;
  readonly timeoutMs: number;
  readonly cacheNamespace: string;
  readonly cacheKeyParameters: readonly string[];
  readonly insecureSkipVerification: boolean | undefined;
  /** By status code. */
  readonly responses: Readonly<Record<string, IntegrationResponseDefinition>>;
}

export interface IntegrationResponseDefinition {
  readonly statusCode: string;
  readonly selectionPattern: string | undefined;
  readonly responseParameters: Strings | undefined;
  readonly responseTemplates: Strings | undefined;
  readonly contentHandling: ContentHandling | undefined;
}

export interface ValidatorDefinition {
  readonly id: string;
  readonly name: string;
  readonly validateRequestBody: boolean;
  readonly validateRequestParameters: boolean;
}

export interface GatewayResponseDefinition {
  readonly responseType: string;
  readonly statusCode: string | undefined;
  readonly responseParameters: Strings;
  readonly responseTemplates: Strings;
}

export interface DeploymentDefinition {
  readonly id: string;
  readonly api: ApiDefinition;
}

/** What of a stage matters to a request. */
export interface StageDefinition {
  readonly stageName: string;
  readonly deploymentId: string;
  readonly variables: Strings | undefined;
  /** "*&#47;*", or "{resource with ~1 for slash}/{METHOD}". */
  readonly methodSettings: Readonly<Record<string, MethodSettings>>;
  readonly accessLog: AccessLogSettings | undefined;
  readonly canary: CanaryDefinition | undefined;
  readonly cacheClusterEnabled: boolean;
  /** In GB, as AWS writes it: "0.5". */
  readonly cacheClusterSize: string | undefined;
}

/** A second deployment on the same stage, which takes a share of its requests. */
export interface CanaryDefinition {
  readonly deploymentId: string;
  /** 0 to 100, fractions allowed. */
  readonly percentTraffic: number;
  /** Laid over the stage's variables, new names included. */
  readonly stageVariableOverrides: Strings | undefined;
  /** Whether it shares the stage's cache rather than having its own. */
  readonly useStageCache: boolean;
}

export interface AccessLogSettings {
  readonly destinationArn: string | undefined;
  readonly format: string | undefined;
}

export interface MethodSettings {
  readonly metricsEnabled: boolean;
  readonly loggingLevel: string | undefined;
  readonly dataTraceEnabled: boolean;
  readonly throttlingBurstLimit: number;
  readonly throttlingRateLimit: number;
  readonly cachingEnabled: boolean;
  readonly cacheTtlInSeconds: number;
  readonly cacheDataEncrypted: boolean;
  readonly requireAuthorizationForCacheControl: boolean;
  readonly unauthorizedCacheControlHeaderStrategy: string;
}

/** Requests per second and how many may come at once. */
export interface ThrottleSettings {
  readonly rateLimit: number | undefined;
  readonly burstLimit: number | undefined;
}
