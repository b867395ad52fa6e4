/** How a protocol is called in Smithy's own names. */
export type ProtocolName =
  | "awsJson1_0"
  | "awsJson1_1"
  | "awsQuery"
  | "ec2Query"
  | "restJson1"
  | "restXml"
  | "rpcv2Cbor"
  | "rpcv2Json";

/** What the wire needs to know of a service before its schemas are loaded. */
export interface ServiceProtocol {
  /** Name in the service's own documentation: "CloudWatch". */
  readonly title: string;
  /** Protocols it answers, the one that today's SDK speaks first. */
  readonly protocols: readonly [ProtocolName, ...ProtocolName[]];
  readonly apiVersion: string;
  /** What stands before the dot in `X-Amz-Target`, and after `/service/` in the rpcv2 paths. */
  readonly target: string;
  readonly xmlNamespace?: string;
  /** First labels of host names, where they are not the signing name. */
  readonly hosts?: readonly string[];
  /** First path segments that are this service's alone: tells it from others when nothing is signed. */
  readonly paths?: readonly string[];
  /** Whether errors carry the old query code in `x-amzn-query-error`. */
  readonly isQueryCompatible?: boolean;
}

/**
 * By SigV4 signing name. A test compares every row whose client is installed with that client.
 * Services that the cloud does not run yet are here so that a call to them is understood and named.
 * Source: the clients of AWS SDK for JavaScript v3; botocore models for the older protocols.
 */
export const PROTOCOLS = {
  apigateway: {
    title: "API Gateway",
    protocols: ["restJson1"],
    apiVersion: "2015-07-09",
    target: "BackplaneControlService",
    paths: [
      "account",
      "apikeys",
      "clientcertificates",
      "domainnameaccessassociations",
      "domainnames",
      "rejectdomainnameaccessassociations",
      "restapis",
      "sdktypes",
      "usageplans",
      "vpclinks",
    ],
  },
  codedeploy: {
    title: "CodeDeploy",
    protocols: ["awsJson1_1"],
    apiVersion: "2014-10-06",
    target: "CodeDeploy_20141006",
    xmlNamespace: "http://codedeploy.amazonaws.com/doc/2014-10-06/",
  },
  ec2: {
    title: "EC2",
    protocols: ["ec2Query"],
    apiVersion: "2016-11-15",
    target: "AmazonEC2",
    xmlNamespace: "http://ec2.amazonaws.com/doc/2016-11-15",
  },
  ecr: {
    title: "ECR",
    protocols: ["awsJson1_1"],
    apiVersion: "2015-09-21",
    target: "AmazonEC2ContainerRegistry_V20150921",
    xmlNamespace: "http://ecr.amazonaws.com/doc/2015-09-21/",
    hosts: ["api.ecr"],
  },
  ecs: {
    title: "ECS",
    protocols: ["awsJson1_1"],
    apiVersion: "2014-11-13",
    target: "AmazonEC2ContainerServiceV20141113",
    xmlNamespace: "http://ecs.amazonaws.com/doc/2014-11-13/",
  },
  elasticloadbalancing: {
    title: "Elastic Load Balancing v2",
    protocols: ["awsQuery"],
    apiVersion: "2015-12-01",
    target: "ElasticLoadBalancing_v10",
    xmlNamespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
  },
  events: {
    title: "EventBridge",
    protocols: ["awsJson1_1"],
    apiVersion: "2015-10-07",
    target: "AWSEvents",
    xmlNamespace: "http://events.amazonaws.com/doc/2015-10-07",
  },
  iam: {
    title: "IAM",
    protocols: ["awsQuery"],
    apiVersion: "2010-05-08",
    target: "AWSIdentityManagementV20100508",
    xmlNamespace: "https://iam.amazonaws.com/doc/2010-05-08/",
  },
  lambda: {
    title: "Lambda",
    protocols: ["restJson1"],
    apiVersion: "2015-03-31",
    target: "AWSGirApiService",
    // Each path starts with the date of its API: "/2015-03-31/functions".
    paths: [
      "2014-11-13",
      "2015-03-31",
      "2016-08-19",
      "2017-03-31",
      "2017-10-31",
      "2018-10-31",
      "2019-09-25",
      "2019-09-30",
      "2020-04-22",
      "2020-06-30",
      "2021-07-20",
      "2021-10-31",
      "2021-11-15",
      "2024-08-31",
      "2025-11-30",
      "2025-12-01",
      "2026-07-09",
    ],
  },
  logs: {
    title: "CloudWatch Logs",
    protocols: ["awsJson1_1"],
    apiVersion: "2014-03-28",
    target: "Logs_20140328",
    xmlNamespace: "http://monitoring.amazonaws.com/doc/2014-03-28/",
  },
  monitoring: {
    title: "CloudWatch",
    protocols: ["awsJson1_0", "rpcv2Cbor", "awsQuery", "rpcv2Json"],
    apiVersion: "2010-08-01",
    target: "GraniteServiceVersion20100801",
    xmlNamespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    isQueryCompatible: true,
  },
  route53: {
    title: "Route 53",
    protocols: ["restXml"],
    apiVersion: "2013-04-01",
    target: "AWSDnsV20130401",
    xmlNamespace: "https://route53.amazonaws.com/doc/2013-04-01/",
    paths: ["2013-04-01"],
  },
  secretsmanager: {
    title: "Secrets Manager",
    protocols: ["awsJson1_1"],
    apiVersion: "2017-10-17",
    target: "secretsmanager",
  },
  sns: {
    title: "SNS",
    protocols: ["awsQuery"],
    apiVersion: "2010-03-31",
    target: "AmazonSimpleNotificationService",
    xmlNamespace: "http://sns.amazonaws.com/doc/2010-03-31/",
  },
  ssm: {
    title: "Systems Manager",
    protocols: ["awsJson1_1"],
    apiVersion: "2014-11-06",
    target: "AmazonSSM",
    xmlNamespace: "http://ssm.amazonaws.com/doc/2014-11-06/",
  },
  sts: {
    title: "STS",
    protocols: ["awsQuery"],
    apiVersion: "2011-06-15",
    target: "AWSSecurityTokenServiceV20110615",
    xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  },
  "vpc-lattice": {
    title: "VPC Lattice",
    protocols: ["restJson1"],
    apiVersion: "2022-11-30",
    target: "MercuryControlPlane",
  },
} as const satisfies Record<string, ServiceProtocol>;

export type SigningName = keyof typeof PROTOCOLS;

export function isSigningName(name: string): name is SigningName {
  return Object.hasOwn(PROTOCOLS, name);
}
