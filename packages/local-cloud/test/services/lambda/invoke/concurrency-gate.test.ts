import { beforeEach, expect, it } from "vitest";
import { createConcurrencyGate } from "../../../../src/services/lambda/invoke/concurrency.ts";
import {
  createLambdaState,
  type FunctionRow,
  type PlaceState,
} from "../../../../src/services/lambda/state.ts";
import { openStore } from "../../../../src/storage/sqlite-store.ts";
import { PLACE } from "../cloud-core.ts";

// Protects the limits of the account: 1,000 at once, what reservations take from it, provisioned workers.
let state: PlaceState;
beforeEach(() => {
  state = createLambdaState({ store: openStore(undefined) }).in(PLACE);
});

function put(name: string, more: Partial<FunctionRow> = {}): FunctionRow {
  const row: FunctionRow = {
    name,
    versions: ["1"],
    aliases: [],
    nextVersion: 2,
    lastPublished: undefined,
    tags: {},
    reservedConcurrency: undefined,
    recursiveLoop: "Terminate",
    ...more,
  };
  state.functions.set(name, row);
  return row;
}

it("admits 1,000 invocations of functions without a reservation, all together", () => {
  const gate = createConcurrencyGate();
  const rows = [put("a"), put("b")];
  const admissions = Array.from({ length: 1000 }, (_, index) => {
    const row = rows[index % 2] ?? put("c");
    return gate.admit(state, row, "$LATEST");
  });
  expect(admissions.every(({ kind }) => kind === "admitted")).toBe(true);
  const [first] = admissions;
  const row = put("a");
  expect(gate.admit(state, row, "$LATEST")).toEqual({
    kind: "throttled",
    reason: "ConcurrentInvocationLimitExceeded",
  });
  if (first?.kind === "admitted") first.release();
  expect(gate.admit(state, row, "$LATEST")).toMatchObject({
    kind: "admitted",
    accountInFlight: 1000,
    unreservedInFlight: 1000,
    functionInFlight: 500,
  });
});

it("keeps what is reserved from the others, used or not", () => {
  const gate = createConcurrencyGate();
  put("reserved", { reservedConcurrency: 850 });
  const row = put("a");
  const kinds = Array.from({ length: 151 }, () => gate.admit(state, row, "$LATEST").kind);
  expect(kinds.indexOf("throttled")).toBe(150);
  expect(gate.admit(state, put("reserved", { reservedConcurrency: 850 }), "1").kind).toBe(
    "admitted",
  );
});

it("uses provisioned workers first, then spills over", () => {
  const gate = createConcurrencyGate();
  const row = put("a");
  state.provisioned.set("a:1", {
    functionName: "a",
    qualifier: "1",
    requested: 2,
    ready: { version: "1", count: 2 },
    failure: undefined,
    lastModifiedMs: 0,
  });
  const used = Array.from({ length: 3 }, () => {
    const admission = gate.admit(state, row, "1");
    return admission.kind === "admitted" ? admission.provisioned : undefined;
  });
  expect(used).toEqual([
    { isUsed: true, inUse: 1, capacity: 2 },
    { isUsed: true, inUse: 2, capacity: 2 },
    { isUsed: false, inUse: 2, capacity: 2 },
  ]);
  // Another version has none.
  expect(gate.admit(state, row, "$LATEST")).toMatchObject({ provisioned: undefined });
});
