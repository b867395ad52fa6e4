import { isIP } from "node:net";
import type { RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Condition } from "../../data-plane/load-balancer/routing.ts";
import { invalid, notAvailable } from "./errors.ts";
import { VALUES_PER_RULE } from "./limits.ts";

/** Source: AWS docs, "Condition types for listener rules". Unverified: most of the texts. */
export function readConditions(given: readonly RuleCondition[] = []): Condition[] {
  if (given.length === 0) throw invalid("At least one condition must be specified");
  const conditions = given.map(readOne);
  const count = conditions.reduce(
    (sum, one) => sum + (one.kind === "query-string" ? one.pairs : one.values).length,
    0,
  );
  if (count > VALUES_PER_RULE) {
    throw invalid(
      `The number of condition values '${count}' exceeds the limit of '${VALUES_PER_RULE}' per rule`,
    );
  }
  // Source: AWS docs, "Condition types for listener rules": headers and query strings may come again.
  const single = conditions.filter(({ kind }) => kind !== "http-header" && kind !== "query-string");
  if (new Set(single.map(({ kind }) => kind)).size < single.length) {
    throw invalid(
      "A rule can only have one condition of each of these fields: host-header, path-pattern, http-request-method, source-ip",
    );
  }
  return conditions;
}

function readOne(shape: RuleCondition): Condition {
  const { Field: field, Values: plain } = shape;
  const own = {
    "host-header": shape.HostHeaderConfig,
    "path-pattern": shape.PathPatternConfig,
    "http-request-method": shape.HttpRequestMethodConfig,
    "source-ip": shape.SourceIpConfig,
  };
  if (shape.RegexValues !== undefined || hasRegex(shape)) {
    throw notAvailable("Regular expressions in rule conditions are");
  }
  switch (field) {
    case "host-header":
    case "path-pattern":
    case "http-request-method":
    case "source-ip": {
      const values = own[field]?.Values ?? plain ?? [];
      requireValues(field, values);
      return { kind: field, values };
    }
    case "http-header": {
      const { HttpHeaderName: name = "", Values: values = [] } = shape.HttpHeaderConfig ?? {};
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}$/.test(name)) {
        throw invalid(`The HTTP header name '${name}' is not valid`);
      }
      if (name.toLowerCase() === "host") {
        throw invalid("The HTTP header name 'host' is not allowed: use a host-header condition");
      }
      requireValues(field, values);
      return { kind: field, name, values };
    }
    case "query-string": {
      const pairs = (shape.QueryStringConfig?.Values ?? []).map(({ Key, Value = "" }) => ({
        key: Key,
        value: Value,
      }));
      requireValues(
        field,
        pairs.map(({ value }) => value),
      );
      return { kind: field, pairs };
    }
    default:
      throw invalid(
        `Condition field '${field ?? ""}' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'`,
      );
  }
}

function hasRegex(shape: RuleCondition): boolean {
  const { HostHeaderConfig, PathPatternConfig, HttpHeaderConfig } = shape;
  return [HostHeaderConfig, PathPatternConfig, HttpHeaderConfig].some(
    (config) => config?.RegexValues !== undefined,
  );
}

/** What the values of each field may be. */
const FORMS: Readonly<Record<Condition["kind"], RegExp>> = {
  "host-header": /^[a-zA-Z0-9.*?_:-]{1,128}$/,
  "path-pattern": /^[a-zA-Z0-9_\-.$/~"'@:+&()!,;=*?%]{1,128}$/,
  "http-request-method": /^[A-Z_-]{1,40}$/,
  "http-header": /^[\x20-\x7e]{1,128}$/,
  "query-string": /^[\x20-\x7e]{1,128}$/,
  "source-ip": /^[0-9a-fA-F.:]+\/\d{1,3}$/,
};

function requireValues(field: Condition["kind"], values: readonly string[]): void {
  if (values.length === 0) throw invalid(`A '${field}' condition must have at least one value`);
  for (const value of values) {
    const isValid = FORMS[field].test(value) && (field !== "source-ip" || isBlock(value));
    if (!isValid) throw invalid(`Condition value '${value}' is not valid for field '${field}'`);
  }
}

function isBlock(text: string): boolean {
  const [address = "", bits = ""] = text.split("/");
  const version = isIP(address);
  return version !== 0 && Number(bits) <= (version === 4 ? 32 : 128);
}

export function conditionShape(condition: Condition): RuleCondition {
  const { kind } = condition;
  switch (kind) {
    case "host-header":
    case "path-pattern":
    case "http-request-method":
    case "source-ip": {
      const config = { Values: [...condition.values] };
      const member = {
        "host-header": { HostHeaderConfig: config },
        "path-pattern": { PathPatternConfig: config },
        "http-request-method": { HttpRequestMethodConfig: config },
        "source-ip": { SourceIpConfig: config },
      }[kind];
      // AWS fills the old member of these two in, too.
      const isOld = kind === "host-header" || kind === "path-pattern";
      return { Field: kind, ...(isOld && { Values: [...condition.values] }), ...member };
    }
    case "http-header":
      return {
        Field: kind,
        HttpHeaderConfig: { HttpHeaderName: condition.name, Values: [...condition.values] },
      };
    case "query-string":
      return {
        Field: kind,
        QueryStringConfig: {
          Values: condition.pairs.map(({ key, value }) => ({ Key: key, Value: value })),
        },
      };
    default:
      return condition satisfies never;
  }
}
