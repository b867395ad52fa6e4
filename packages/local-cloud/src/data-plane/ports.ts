import type { Place } from "../telemetry/metric-sink.ts";
import type { AliasPort } from "./ports/aliases.ts";
import type { ContainerServicePort } from "./ports/container-services.ts";
import type { DashboardPages, LogQueryPort } from "./ports/dashboards.ts";
import type { ImagePort } from "./ports/images.ts";
import type { ListenerPort } from "./ports/listeners.ts";
import type { PermissionPort } from "./ports/permissions.ts";
import type { ParameterPort, SecretPort } from "./ports/settings.ts";

/**
 * What one service offers to others. Services never import each other; they ask the cloud for a port
 * (`cloud.port("functions")`), which loads the service behind it when it is first needed.
 */
export interface Ports {
  /** By monitoring. */
  readonly alarms: Alarms;
  /** By lambda. */
  readonly aliases: AliasPort;
  /** By ecs. */
  readonly containerServices: ContainerServicePort;
  /** By monitoring. */
  readonly dashboards: DashboardPages;
  /** By lambda. */
  readonly functions: FunctionInvoker;
  /** By lambda. */
  readonly functionPolicies: FunctionPolicies;
  /** By ecr. */
  readonly images: ImagePort;
  /** By elasticloadbalancing. */
  readonly listeners: ListenerPort;
  /** By logs. */
  readonly logQueries: LogQueryPort;
  /** By ec2. */
  readonly network: NetworkPort;
  /** By sns. */
  readonly outbox: Outbox;
  /** By ssm. */
  readonly parameters: ParameterPort;
  /** By iam. */
  readonly permissions: PermissionPort;
  /** By iam. */
  readonly roles: RoleDirectory;
  /** By secretsmanager. */
  readonly secrets: SecretPort;
  /** By elasticloadbalancing. */
  readonly targetGroups: TargetGroupPort;
  /** By sns. */
  readonly topics: TopicPublisher;
}

/** What an alarm says now, and what it watches. */
export interface AlarmView {
  readonly state: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  /** Of an alarm on one metric; undefined for metric math and composite alarms. */
  readonly metric:
    | {
        readonly namespace: string;
        readonly metricName: string;
        readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
        /** "Average", "Sum", ...; undefined for a percentile. */
        readonly statistic: string | undefined;
        readonly periodSeconds: number;
        readonly evaluationPeriods: number;
        readonly threshold: number;
        readonly comparisonOperator: string;
      }
    | undefined;
}

export interface Alarms {
  find(alarm: Place & { readonly alarmName: string }): AlarmView | undefined;
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

/** Statements that services add to a function's policy of their own accord. */
export interface FunctionPolicies {
  /**
   * Lets a service invoke a function, a version or an alias for one source. Does nothing when it may already.
   * @returns false when there is no such function, version or alias.
   */
  allowInvoke(
    request: Place & {
      /** A full ARN, with or without a qualifier. */
      readonly functionName: string;
      readonly principal: string;
      readonly sourceArn: string;
    },
  ): boolean;
}

/** The network that services stand in. Nothing filters packets: security groups are only described. */
export interface NetworkPort {
  subnet(
    place: Place,
    id: string,
  ): { readonly id: string; readonly vpcId: string; readonly zone: string } | undefined;
  vpc(place: Place, id: string): { readonly id: string; readonly cidr: string } | undefined;
  securityGroup(
    place: Place,
    id: string,
  ): { readonly id: string; readonly vpcId: string } | undefined;
  /** The id of the group named "default" in a VPC. */
  defaultSecurityGroup(place: Place, vpcId: string): string | undefined;
  /** Puts an interface into a subnet. Undefined when there is no such subnet, or no address is free. */
  attach(
    place: Place,
    wanted: {
      readonly subnetId: string;
      readonly securityGroupIds: readonly string[];
      /** "ELB app/orders/50dc6c495c0c9188" */
      readonly description: string;
      /** "amazon-elb" */
      readonly requesterId: string;
    },
  ): AttachedInterface | undefined;
  /** Puts an interface into other security groups. */
  regroup(place: Place, id: string, securityGroupIds: readonly string[]): void;
  /** Takes it away, after a while, as AWS does. */
  detach(place: Place, id: string): void;
  /**
   * Says where on this machine the port of a private address is. Not stored: say it again after a restart.
   * @returns the way to take it back.
   */
  listen(
    place: Place,
    address: string,
    port: number,
    at: { readonly host: string; readonly port: number },
  ): () => void;
  /**
   * Where to connect to for an address and port; the two themselves when nobody said otherwise. An interface's
   * address on which nothing listens leads nowhere.
   */
  reach(
    place: Place,
    address: string,
    port: number,
  ): { readonly host: string; readonly port: number };
}

export interface AttachedInterface {
  readonly id: string;
  /** "172.31.16.4" */
  readonly address: string;
  readonly macAddress: string;
  readonly zone: string;
}

/** Target groups, for services that run what stands behind load balancers. */
export interface TargetGroupPort {
  /** The ARN of the group with a name. */
  arnOf(place: Place, name: string): string | undefined;
  find(
    place: Place,
    arn: string,
  ):
    | {
        readonly type: "ip" | "instance" | "lambda";
        readonly port: number | undefined;
        /** Undefined while no listener or rule forwards to the group. */
        readonly loadBalancerArn: string | undefined;
        readonly isHealthChecked: boolean;
      }
    | undefined;
  /**
   * @returns false when there is no such group.
   * @throws {AwsError} as RegisterTargets does.
   */
  register(place: Place, arn: string, target: GroupTarget): Promise<boolean>;
  /** The target drains for as long as the group says. */
  deregister(place: Place, arn: string, target: GroupTarget): Promise<void>;
  /** As DescribeTargetHealth tells it; undefined when there is no such group. */
  health(
    place: Place,
    arn: string,
    target: GroupTarget,
  ):
    | {
        readonly state: string;
        readonly reason: string | undefined;
        readonly description: string | undefined;
      }
    | undefined;
}

export interface GroupTarget {
  readonly id: string;
  readonly port: number;
}

export interface RoleDirectory {
  /** Whether the role exists and its trust policy lets the service principal assume it. */
  trusts(
    account: string,
    roleArn: string,
    servicePrincipal: string,
  ): "trusted" | "missing" | "refused";
  /** Makes the service-linked role of a service ("ecs.amazonaws.com"), unless it is there. @returns its ARN. */
  link(account: string, servicePrincipal: string): string | undefined;
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

/** A message that another service sends to an SNS topic. */
export interface TopicMessage {
  readonly topicArn: string;
  readonly subject?: string | undefined;
  readonly message: string;
  readonly attributes?:
    | Readonly<Record<string, { readonly type: "String" | "Number"; readonly value: string }>>
    | undefined;
  /** Who publishes, and for which resource: the topic's policy must let it. */
  readonly publisher: {
    /** "cloudwatch.amazonaws.com"; undefined for a role of `account`. */
    readonly service?: string | undefined;
    readonly account: string;
    readonly arn: string;
  };
}

export type TopicPublishResult =
  | { readonly kind: "published"; readonly messageId: string }
  | {
      readonly kind: "refused";
      /** AWS's error: "NotFound", "AuthorizationError", "KMSAccessDenied", "InvalidParameter". */
      readonly code: string;
      readonly message: string;
    };

export interface TopicPublisher {
  /** Resolves when the message is stored: from there on it is not lost. */
  publish(message: TopicMessage): Promise<TopicPublishResult>;
}

/** What would have left the machine for a mailbox, a telephone or a queue. */
export interface OutboxItem extends Place {
  readonly id: string;
  readonly atMs: number;
  readonly protocol: string;
  /** A mail address, a telephone number, a queue's ARN. */
  readonly to: string;
  readonly subject: string | undefined;
  readonly body: string;
}

export interface Outbox {
  /** Oldest first. */
  items(): readonly OutboxItem[];
}
