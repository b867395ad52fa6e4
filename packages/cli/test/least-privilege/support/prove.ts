import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Permission,
  permissionsOf,
} from "../../../../drivers/test/support/published-policy.ts";
import type { Ended, Example, ScriptCall } from "./example.ts";
import { optionalPermissions } from "./optional.ts";
import { keepVisiting, type Visit } from "./users.ts";

/** What differs from example to example. */
export interface Proof {
  /** Where its users go, from the addresses that setup.sh printed. */
  readonly visits: readonly Visit[];
  /** Changes the folder: its next release is one that never was, and works or fails. */
  write(isGood: boolean): void | Promise<void>;
  /** What release.sh is told for a version that works or fails. */
  script?(isGood: boolean): ScriptCall;
  /** The file that `headgate deploy` reads, where release.sh writes it first; headgate.yaml when not given. */
  readonly spec?: string;
  /** Permissions that only the way back needs, as "Sid action": without them a bad version is not taken out well. */
  readonly wayBack?: readonly string[];
  /** Takes away what a release that failed in the middle has left. */
  settle(): Promise<void>;
}

/**
 * The proof of one example, as tests. Whatever docs/iam.md calls optional is taken away before there are users where that
 * can be, because some of it is asked only while there is nothing to see yet; everything else while both versions are
 * compared.
 */
export function proveExample(example: Example, proof: Proof): void {
  const { write, settle, wayBack = [], spec } = proof;
  const all = permissionsOf(example.statements);
  const optional = optionalPermissions();
  const isOptional = (one: Permission) => optional.some((other) => isSame(one, other));
  const needed = all.filter((one) => !isOptional(one));
  const without = (one: Permission) => (other: Permission) => !isSame(one, other);
  const deploy = async (isGood: boolean, isKept: (one: Permission) => boolean) => {
    await settle();
    await write(isGood);
    await example.allow(isKept);
    return example.deploy(spec);
  };

  let users: ReturnType<typeof keepVisiting> | undefined;
  afterAll(async () => {
    await users?.stop();
    await example.close();
  });

  /** What the plan does not ask for, but a release does: hooks are run by nothing else. */
  const unseen = new Set(all.filter(isOptional));
  const itOnlyWarns = () =>
    it.each(all.filter(isOptional))("only warns without $action of $sid", async (one) => {
      await write(true);
      await example.allow(without(one));
      const planned = await example.plan(spec);
      expect(planned.exitCode, planned.said).toBe(0);
      if (planned.refused.length === 0) return;
      expectNamed(planned, one);
      unseen.delete(one);
    });
  const itEnds = (version: "good" | "bad", wanted: number) =>
    it(`ends a ${version} version as it must, with nothing refused`, async () => {
      await settle();
      await example.allow(() => true);
      if (proof.script === undefined) await write(version === "good");
      const { said, ...ended } = await example.releaseByScript(proof.script?.(version === "good"));
      expect(ended, said).toEqual({ exitCode: wanted, refused: [] });
    });

  const isThere = spec === undefined;
  if (isThere) itOnlyWarns();

  describe("with users", () => {
    beforeAll(() => {
      users = keepVisiting(proof.visits);
    });

    itEnds("good", 0);
    if (!isThere) itOnlyWarns();

    it("promotes a good version without all that is optional", async () => {
      const ended = await deploy(true, (one) => !isOptional(one));
      expect(ended.exitCode, ended.said).toBe(0);
      for (const one of unseen) expectNamed(ended, one);
    });

    it.each(needed)("does not release without $action of $sid", async (one) => {
      const isBack = wayBack.includes(`${one.sid} ${one.action}`);
      const ended = await deploy(!isBack, without(one));
      expect(ended.exitCode, ended.said).not.toBe(isBack ? 10 : 0);
      expectNamed(ended, one);
    });

    // The last, for its failures bring an alarm into ALARM, and nothing begins while that is so.
    itEnds("bad", 10);
  });
}

/** It was refused, and whoever reads what was said knows what. */
function expectNamed({ said, refused }: Ended, { action }: Permission): void {
  const wanted = action.toLowerCase();
  expect(refused.map((one) => one.toLowerCase())).toContain(wanted);
  expect(said.toLowerCase()).toContain(wanted);
}

function isSame(one: Permission, other: Permission): boolean {
  return one.sid === other.sid && one.action === other.action;
}
