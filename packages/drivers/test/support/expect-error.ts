import { type ErrorCode, RolloutError } from "@headgate/core";
import { expect } from "vitest";

/** Awaits the failure of `action` and checks its code, and that it tells a person what to do next. */
export async function expectError(
  action: Promise<unknown>,
  code: ErrorCode,
): Promise<RolloutError> {
  const error: unknown = await action.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof RolloutError)) throw error;
  expect(error.code, error.message).toBe(code);
  expect(error.hint).not.toBe("");
  return error;
}
