import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Permission,
  permissionsOf,
} from "../../../../drivers/test/support/published-policy.ts";
import type { Ended, Example, ScriptCall } from "./example.ts";
import { optionalPermissions, triedActions } from "./optional.ts";
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
  /** Takes away what a release that failed in the middle has left. */
  settle(): Promise<void>;
  /** Brings about what some permission is there for, by "Sid action": what a release has left. */
  readonly before?: Readonly<Record<string, () => Promise<void>>>;
}

/**
 * The proof of one example, as tests. Whatever docs/iam.md calls optional is taken away before there are users where that
 * can be, because some of it is asked only while there is nothing to see yet; everything else while both versions are
 * compared.
 */
export function proveExample(example: Example, proof: Proof): void {
  const { write, settle, spec } = proof;
  const all = permissionsOf(example.statements);
  const optional = optionalPermissions().filter((one) => all.some((other) => isSame(one, other)));
  const missedBy = (what: string) => optional.filter((one) => one.missedBy === what);
  const planned = missedBy("the plan");
  const tried = triedActions();
  const isNeeded = (one: Permission) => !optional.some((other) => isSame(one, other));
  const without = (one: Permission) => (other: Permission) => !isSame(one, other);
  const deploy = async (
    isKept: (one: Permission) => boolean,
    before = async () => {},
    interruptAt?: RegExp,
  ) => {
    await settle();
    await write(true);
    await before();
    await example.allow(isKept);
    return example.deploy(spec, interruptAt);
  };

  let users: ReturnType<typeof keepVisiting> | undefined;
  afterAll(async () => {
    await users?.stop();
    await example.close();
  });

  const itOnlyWarns = () =>
    it.each(planned)("only warns in the plan without $action of $sid", async (one) => {
      await write(true);
      await example.allow(without(one));
      const ended = await example.plan(spec);
      expect(ended.exitCode, ended.said).toBe(0);
      expectNamed(ended, one);
    });
  const itEnds = (version: "good" | "bad", wanted: number) =>
    it(`ends a ${version} version as it must, with nothing refused`, async () => {
      await settle();
      await example.allow(() => true);
      if (proof.script === undefined) await write(version === "good");
      const { said, exitCode, refused } = await example.releaseByScript(
        proof.script?.(version === "good"),
      );
      expect(
        refused.filter((action) => !tried.has(action.toLowerCase())),
        said,
      ).toEqual([]);
      expect(exitCode, said).toBe(wanted);
    });

  const isThere = spec === undefined;
  if (isThere) itOnlyWarns();

  describe("with users", () => {
    beforeAll(() => {
      users = keepVisiting(proof.visits);
    });

    itEnds("good", 0);
    if (!isThere) itOnlyWarns();

    it("promotes a good version without what only the plan misses", async () => {
      const isKept = (one: Permission) => !planned.some((other) => isSame(one, other));
      const { exitCode, said } = await deploy(isKept);
      expect(exitCode, said).toBe(0);
    });

    it.each(missedBy("the release"))(
      "promotes without $action of $sid, and says what that leaves",
      async (one) => {
        const ended = await deploy(without(one));
        expect(ended.exitCode, ended.said).toBe(0);
        expectNamed(ended, one);
      },
    );

    it.each(missedBy("nothing here"))("promotes without $action of $sid, unasked", async (one) => {
      const { exitCode, said, refused } = await deploy(without(one));
      expect(refused).not.toContain(one.action);
      expect(exitCode, said).toBe(0);
    });

    it.each(missedBy("the way back"))(
      "turns back without $action of $sid, and says",
      async (one) => {
        const ended = await deploy(without(one), undefined, /on the canary, read back/);
        expect(ended.exitCode, ended.said).toBe(11);
        expectNamed(ended, one);
      },
    );

    it.each(all.filter(isNeeded))("does not release without $action of $sid", async (one) => {
      const ended = await deploy(without(one), proof.before?.[`${one.sid} ${one.action}`]);
      expect(ended.exitCode, ended.said).not.toBe(0);
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
