import type { HealthCheckConfig } from "@aws-sdk/client-route-53";
import { isDeepStrictEqual } from "node:util";
import {
  healthCheckExists,
  invalidInput,
  noSuchHealthCheck,
  tooMany,
  versionMismatch,
} from "../errors.ts";
import type { AlarmFollower } from "../health/alarm-follower.ts";
import { checkReferences, readConfig } from "../health/config.ts";
import { type HealthChecks, kindOf } from "../health/health-checks.ts";
import { healthCheckShape, observations } from "../health/shapes.ts";
import { HEALTH_CHECKS_MAX, PAGE_HEALTH_CHECKS } from "../limits.ts";
import { pageFrom, startAt } from "../paging.ts";
import type { Route53Handlers, Route53Input } from "../sdk.ts";
import type { AccountState, HealthCheckRow, Route53 } from "../state.ts";

export function healthCheckOperations(
  route53: Route53,
  health: HealthChecks,
  alarms: AlarmFollower,
) {
  const shapeOf = (state: AccountState, row: HealthCheckRow) =>
    healthCheckShape(row, alarms.find(state.account, row.config));
  const save = (state: AccountState, row: HealthCheckRow) => {
    state.healthChecks.set(row.id, row);
    health.follow(state);
  };
  return {
    async CreateHealthCheck(input, { account }) {
      const state = route53.in(account);
      const config = readConfig(input.HealthCheckConfig ?? { Type: undefined });
      if (kindOf(config) === "alarm") await alarms.open();
      const callerReference = input.CallerReference ?? "";
      const same = [...state.healthChecks.values()].find(
        (row) => row.callerReference === callerReference,
      );
      if (same !== undefined) {
        // The same call again is answered as the first one was.
        if (!isDeepStrictEqual(same.config, config)) throw healthCheckExists();
        return { HealthCheck: shapeOf(state, same), Location: locationOf(same) };
      }
      if (state.spentReferences.has(callerReference)) throw healthCheckExists();
      checkReferences(state, config, alarms);
      if (state.healthChecks.size >= HEALTH_CHECKS_MAX) {
        throw tooMany("TooManyHealthChecks", "MAX_HEALTH_CHECKS_BY_OWNER - Cannot create more");
      }
      const row = { id: route53.cloud.random.uuid(), callerReference, version: 1, config };
      save(state, row);
      return { HealthCheck: shapeOf(state, row), Location: locationOf(row) };
    },

    GetHealthCheck(input, { account }) {
      const state = route53.in(account);
      return { HealthCheck: shapeOf(state, checkOf(state, input.HealthCheckId)) };
    },

    ListHealthChecks(input, { account }) {
      const state = route53.in(account);
      const rows = [...state.healthChecks.values()];
      const start = startAt(rows, input.Marker, ({ id }) => id);
      const page = pageFrom(rows, start, { maxItems: input.MaxItems, most: PAGE_HEALTH_CHECKS });
      return {
        HealthChecks: page.items.map((row) => shapeOf(state, row)),
        Marker: input.Marker ?? "",
        IsTruncated: page.next !== undefined,
        NextMarker: page.next?.id,
        MaxItems: page.limit,
      };
    },

    GetHealthCheckCount: (_input, { account }) => ({
      HealthCheckCount: route53.in(account).healthChecks.size,
    }),

    async UpdateHealthCheck(input, { account }) {
      const state = route53.in(account);
      const row = checkOf(state, input.HealthCheckId);
      const { HealthCheckVersion: given } = input;
      if (given !== undefined && given !== row.version) {
        throw versionMismatch(given, row.version);
      }
      const config = readConfig(updated(row.config, input));
      if (kindOf(config) === "alarm") await alarms.open();
      checkReferences(state, config, alarms, row.id);
      const next = { ...row, version: row.version + 1, config };
      save(state, next);
      return { HealthCheck: shapeOf(state, next) };
    },

    DeleteHealthCheck(input, { account }) {
      const state = route53.in(account);
      const { id, callerReference } = checkOf(state, input.HealthCheckId);
      route53.cloud.store.transaction(() => {
        state.healthChecks.delete(id);
        state.spentReferences.set(callerReference, id);
        state.tags.delete(`healthcheck/${id}`);
      });
      health.follow(state);
      return {};
    },

    GetHealthCheckStatus(input, { account }) {
      const state = route53.in(account);
      const row = seenRow(state, input.HealthCheckId);
      const { last } = health.endpoint(state, row.id);
      if (kindOf(row.config) === "endpoint") {
        return { HealthCheckObservations: observations(row, last) };
      }
      const isHealthy = alarms.isHealthy(account, row.id, row.config);
      const alarm = alarms.find(account, row.config)?.state ?? "INSUFFICIENT_DATA";
      // Unverified: the text.
      const status = `${isHealthy ? "Success" : "Failure"}: The CloudWatch alarm is in the state ${alarm}`;
      const seen = { status, atMs: route53.cloud.clock.nowMs() };
      return { HealthCheckObservations: observations(row, seen) };
    },

    GetHealthCheckLastFailureReason(input, { account }) {
      const state = route53.in(account);
      const row = seenRow(state, input.HealthCheckId);
      const { lastFailure } = health.endpoint(state, row.id);
      return { HealthCheckObservations: observations(row, lastFailure) };
    },
  } satisfies Route53Handlers;
}

function locationOf({ id }: HealthCheckRow): string {
  return `https://route53.amazonaws.com/2013-04-01/healthcheck/${id}`;
}

/** @throws {AwsError} NoSuchHealthCheck */
function checkOf({ healthChecks }: AccountState, id = ""): HealthCheckRow {
  const row = healthChecks.get(id);
  if (row === undefined) throw noSuchHealthCheck(id);
  return row;
}

/** Nobody looks at a calculated check. Source: the model's documentation. Unverified: the text. */
function seenRow(state: AccountState, id: string | undefined): HealthCheckRow {
  const row = checkOf(state, id);
  if (kindOf(row.config) === "calculated") {
    throw invalidInput("The status of a calculated health check cannot be asked for.");
  }
  return row;
}

/** What is not given stays; what is to be reset is gone, and its default comes back. */
function updated(
  config: HealthCheckConfig,
  input: Route53Input<"UpdateHealthCheck">,
): HealthCheckConfig {
  const {
    HealthCheckId: _id,
    HealthCheckVersion: _version,
    ResetElements = [],
    ...changes
  } = input;
  const given = Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  );
  const reset = new Set(ResetElements);
  const next: HealthCheckConfig = { ...config, ...given };
  if (reset.has("FullyQualifiedDomainName")) next.FullyQualifiedDomainName = undefined;
  if (reset.has("Regions")) next.Regions = undefined;
  if (reset.has("ResourcePath")) next.ResourcePath = undefined;
  if (reset.has("ChildHealthChecks")) next.ChildHealthChecks = [];
  return next;
}
