import type { Certificate, Listener } from "@aws-sdk/client-elastic-load-balancing-v2";
import { pageOf } from "../../paging.ts";
import { actionShapes, readAction } from "../actions.ts";
import { arnOf, balancerOf, listenerOf } from "../arns.ts";
import {
  allAttributes,
  attributeShapes,
  LISTENER_ATTRIBUTES,
  readAttributes,
} from "../attributes.ts";
import {
  badToken,
  certificateRequired,
  duplicateListener,
  invalid,
  sslPolicyNotFound,
  tooMany,
} from "../errors.ts";
import { LISTENERS_PER_BALANCER, PAGE_ITEMS } from "../limits.ts";
import type { Elbv2Handlers } from "../sdk.ts";
import type { Elb, ListenerRow } from "../state.ts";
import { readTags } from "../tagging.ts";
import { listenersOf, rulesOf } from "../usage.ts";

/** Source: AWS docs, API_CreateListener (the default when the API makes it). */
const DEFAULT_POLICY = "ELBSecurityPolicy-2016-08";
const ARN = /^arn:aws[a-z-]*:(?:acm|iam):[a-z0-9-]*:\d{12}:.+$/;

export function listenerOperations(elb: Elb) {
  const { cloud } = elb;
  return {
    async CreateListener(input, context) {
      const state = elb.in(context);
      const balancer = balancerOf(state, input.LoadBalancerArn);
      const existing = listenersOf(state, balancer.arn);
      const { Port: port, Protocol: protocol = "HTTP" } = input;
      if (port === undefined) throw invalid("A listener port must be specified");
      requireProtocol(protocol);
      if (existing.some((row) => row.port === port)) throw duplicateListener(balancer.arn);
      if (existing.length >= LISTENERS_PER_BALANCER) {
        throw tooMany("Listeners", LISTENERS_PER_BALANCER);
      }
      const action = readAction(state, balancer.arn, input.DefaultActions);
      const tls = readTls(protocol, input.Certificates, input.SslPolicy);
      const tags = readTags(input.Tags);
      const dimension = balancer.arn.slice(balancer.arn.indexOf("app/"));
      const id = `${dimension}/${cloud.random.hex(16)}`;
      const arn = arnOf(state.place, `listener/${id}`);
      const row: ListenerRow = {
        arn,
        balancerArn: balancer.arn,
        protocol,
        port,
        ...tls,
        action,
        defaultRuleArn: arnOf(state.place, `listener-rule/${id}/${cloud.random.hex(16)}`),
        attributes: {},
        localPort: undefined,
      };
      cloud.store.transaction(() => {
        state.listeners.set(arn, row);
        if (Object.keys(tags).length > 0) state.tags.set(arn, tags);
      });
      await elb.changed(state);
      return { Listeners: [listenerShape(row)] };
    },

    DescribeListeners(input, context) {
      const state = elb.in(context);
      const { ListenerArns: arns, LoadBalancerArn: balancerArn } = input;
      if (arns === undefined && balancerArn === undefined) {
        throw invalid("You must specify either listener ARNs or a load balancer ARN");
      }
      const rows =
        balancerArn === undefined
          ? (arns ?? []).map((arn) => listenerOf(state, arn))
          : listenersOf(state, balancerOf(state, balancerArn).arn);
      const page = pageOf(rows, {
        keyOf: ({ arn }) => arn,
        token: input.Marker,
        limit: input.PageSize ?? PAGE_ITEMS,
        badToken,
      });
      return { Listeners: page.items.map(listenerShape), NextMarker: page.nextToken };
    },

    async ModifyListener(input, context) {
      const state = elb.in(context);
      const row = listenerOf(state, input.ListenerArn);
      const { Protocol: protocol = row.protocol, Port: port = row.port } = input;
      requireProtocol(protocol);
      const isTaken = listenersOf(state, row.balancerArn).some(
        (other) => other.port === port && other.arn !== row.arn,
      );
      if (isTaken) throw duplicateListener(row.balancerArn);
      const certificates =
        input.Certificates ?? row.certificateArns.map((CertificateArn) => ({ CertificateArn }));
      const changed: ListenerRow = {
        ...row,
        protocol,
        port,
        ...readTls(protocol, certificates, input.SslPolicy ?? row.sslPolicy),
        action:
          input.DefaultActions === undefined
            ? row.action
            : readAction(state, row.balancerArn, input.DefaultActions),
      };
      state.listeners.set(row.arn, changed);
      await elb.changed(state);
      return { Listeners: [listenerShape(changed)] };
    },

    async DeleteListener(input, context) {
      const state = elb.in(context);
      const row = listenerOf(state, input.ListenerArn);
      cloud.store.transaction(() => {
        for (const rule of rulesOf(state, row.arn)) {
          state.rules.delete(rule.arn);
          state.tags.delete(rule.arn);
        }
        state.listeners.delete(row.arn);
        state.tags.delete(row.arn);
      });
      await elb.changed(state);
      return {};
    },

    DescribeListenerAttributes(input, context) {
      const { attributes } = listenerOf(elb.in(context), input.ListenerArn);
      return { Attributes: attributeShapes(allAttributes(LISTENER_ATTRIBUTES, attributes)) };
    },

    ModifyListenerAttributes(input, context) {
      const state = elb.in(context);
      const row = listenerOf(state, input.ListenerArn);
      const given = readAttributes(LISTENER_ATTRIBUTES, "Listener", input.Attributes);
      const attributes = { ...row.attributes, ...given };
      state.listeners.set(row.arn, { ...row, attributes });
      return { Attributes: attributeShapes(allAttributes(LISTENER_ATTRIBUTES, attributes)) };
    },

    DescribeListenerCertificates(input, context) {
      const row = listenerOf(elb.in(context), input.ListenerArn);
      return {
        Certificates: row.certificateArns.map((CertificateArn, index) => ({
          CertificateArn,
          IsDefault: index === 0,
        })),
      };
    },
  } satisfies Elbv2Handlers;
}

function requireProtocol(protocol: string): asserts protocol is "HTTP" | "HTTPS" {
  if (protocol === "HTTP" || protocol === "HTTPS") return;
  throw invalid(`Listener protocol '${protocol}' must be one of 'HTTPS, HTTP'`);
}

/** No certificate is looked up: the data plane makes its own for every name. */
function readTls(
  protocol: "HTTP" | "HTTPS",
  certificates: readonly Certificate[] = [],
  policy: string | undefined,
): Pick<ListenerRow, "certificateArns" | "sslPolicy"> {
  if (protocol === "HTTP") return { certificateArns: [], sslPolicy: undefined };
  if (certificates.length === 0) throw certificateRequired();
  if (certificates.length > 1) {
    throw invalid("Only one certificate can be specified: the others are added to the listener");
  }
  const certificateArns = certificates.map(({ CertificateArn = "" }) => CertificateArn);
  for (const arn of certificateArns) {
    if (!ARN.test(arn)) throw invalid(`Certificate ARN '${arn}' is not valid`);
  }
  if (policy !== undefined && !policy.startsWith("ELBSecurityPolicy-")) {
    throw sslPolicyNotFound(policy);
  }
  return { certificateArns, sslPolicy: policy ?? DEFAULT_POLICY };
}

function listenerShape(row: ListenerRow): Listener {
  return {
    ListenerArn: row.arn,
    LoadBalancerArn: row.balancerArn,
    Port: row.port,
    Protocol: row.protocol,
    Certificates:
      row.protocol === "HTTPS"
        ? row.certificateArns.map((CertificateArn) => ({ CertificateArn }))
        : undefined,
    SslPolicy: row.sslPolicy,
    DefaultActions: actionShapes(row.action),
    MutualAuthentication: row.protocol === "HTTPS" ? { Mode: "off" } : undefined,
  };
}
