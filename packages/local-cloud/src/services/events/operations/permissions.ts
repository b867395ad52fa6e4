import { isJsonObject, type JsonObject, parseJsonObject } from "../../../json-object.ts";
import { noStatement, policyTooLong, validation } from "../errors.ts";
import { POLICY_BYTES } from "../limits.ts";
import type { EventsParts } from "../parts.ts";
import type { EventsHandlers, EventsInput } from "../sdk.ts";
import { busNameOf, type BusRow, findBus, stateOf } from "../state.ts";

/** A bus's resource policy. It is kept and shown; the local cloud has no callers of other accounts to keep out. */
export function permissionOperations({ cloud: { store, clock } }: EventsParts) {
  return {
    PutPermission(input, context) {
      const state = stateOf(store, context);
      const bus = findBus(state, context, busNameOf(input.EventBusName));
      const policy = input.Policy ?? withStatement(bus, input, context.account);
      if (parseJsonObject(policy) === undefined) {
        // Unverified: the text.
        throw validation("Parameter Policy is not valid. Reason: it is not a JSON object.");
      }
      if (Buffer.byteLength(policy) > POLICY_BYTES) throw policyTooLong();
      state.buses.set(bus.name, { ...bus, policy, changedAtMs: clock.nowMs() });
      return {};
    },

    RemovePermission(input, context) {
      const state = stateOf(store, context);
      const bus = findBus(state, context, busNameOf(input.EventBusName));
      const statements = statementsOf(bus);
      const kept =
        input.RemoveAllPermissions === true
          ? []
          : statements.filter(({ Sid }) => Sid !== input.StatementId);
      if (input.RemoveAllPermissions !== true && kept.length === statements.length) {
        throw noStatement();
      }
      const policy = kept.length === 0 ? undefined : documentOf(kept);
      state.buses.set(bus.name, { ...bus, policy, changedAtMs: clock.nowMs() });
      return {};
    },
  } satisfies EventsHandlers;
}

function withStatement(bus: BusRow, input: EventsInput<"PutPermission">, account: string): string {
  const { StatementId: sid, Principal: principal = account, Action, Condition } = input;
  if (sid === undefined) {
    // Unverified: the text.
    throw validation("Parameter StatementId must be specified.");
  }
  const statement = {
    Sid: sid,
    Effect: "Allow",
    Principal: principal === "*" ? "*" : { AWS: `arn:aws:iam::${principal}:root` },
    Action: Action ?? "events:PutEvents",
    Resource: bus.arn,
    ...(Condition?.Type !== undefined && {
      Condition: { [Condition.Type]: { [Condition.Key ?? ""]: Condition.Value } },
    }),
  };
  return documentOf([...statementsOf(bus).filter(({ Sid }) => Sid !== sid), statement]);
}

function documentOf(statements: readonly JsonObject[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

function statementsOf({ policy }: BusRow): readonly JsonObject[] {
  const statements = policy === undefined ? [] : parseJsonObject(policy)?.["Statement"];
  return Array.isArray(statements) ? statements.filter(isJsonObject) : [];
}
