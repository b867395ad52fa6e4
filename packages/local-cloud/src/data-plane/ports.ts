import type { Place } from "../telemetry/metric-sink.ts";

/**
 * What one service offers to others. Services never import each other; they ask the cloud for a port
 * (`cloud.port("functions")`), which loads the service behind it when it is first needed.
 */
export interface Ports {
  /** By lambda. */
  readonly functions: FunctionInvoker;
  /** By iam. */
  readonly roles: RoleDirectory;
}

export interface InvokeRequest extends Place {
  /** A name, a partial ARN or a full ARN, with or without a qualifier, as AWS accepts them. */
  readonly functionName: string;
  readonly qualifier?: string | undefined;
  readonly payload: Uint8Array;
  readonly invocationType: "RequestResponse" | "Event" | "DryRun";
  readonly clientContext?: string | undefined;
  /** Set by services: the resource policy must allow this principal with this source. */
  readonly source?: { readonly principal: string; readonly arn: string } | undefined;
  /** `X-Amzn-Trace-Id` of the caller. */
  readonly traceId?: string | undefined;
}

/** Expected outcomes are values; only our own bugs are thrown. */
export type InvokeResult =
  | {
      readonly kind: "answered";
      /** The version that ran: a weighted alias draws it per request. */
      readonly executedVersion: string;
      /** Set when the function failed: "Unhandled" (or "Handled"). */
      readonly functionError?: string | undefined;
      readonly payload: Uint8Array;
      /** The last 4 KB of the log, always collected: the caller decides whether to send it. */
      readonly logTail: string;
    }
  /** Event and DryRun: accepted. */
  | { readonly kind: "accepted"; readonly executedVersion: string }
  | {
      readonly kind: "refused";
      /** AWS's error: "ResourceNotFoundException", "TooManyRequestsException", "AccessDeniedException", ... */
      readonly code: string;
      readonly status: number;
      readonly message: string;
      /** Other members of the error shape, such as a throttle's Reason. */
      readonly members?: Readonly<Record<string, unknown>> | undefined;
    };

export interface FunctionInvoker {
  invoke(request: InvokeRequest): Promise<InvokeResult>;
}

export interface RoleDirectory {
  /** Whether the role exists and its trust policy lets the service principal assume it. */
  trusts(
    account: string,
    roleArn: string,
    servicePrincipal: string,
  ): "trusted" | "missing" | "refused";
  /** The role, when it exists and its trust policy lets the caller assume it. */
  assume(
    roleArn: string,
    caller: {
      readonly account: string;
      readonly arn: string;
      readonly externalId?: string | undefined;
    },
  ): AssumableRole | undefined;
}

export interface AssumableRole {
  /** "AROA..." */
  readonly roleId: string;
  readonly roleName: string;
  readonly maxSessionSeconds: number;
}
