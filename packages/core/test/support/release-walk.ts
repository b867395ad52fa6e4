import {
  barriersOf,
  coordinate,
  createRollout,
  decide,
  outcomeOfRelease,
  parseRelease,
  wakeAtMs,
} from "../../src/index.ts";
import type { ReleaseOrder, ReleaseSpec, Rollout, RolloutEvent } from "../../src/index.ts";
import { createdFor, START_MS } from "./specs.ts";
import { World } from "./world.ts";
import type { Chance } from "./world.ts";

const SLOW_TO_PREPARE = 8;

interface Part {
  rollout: Rollout;
  readonly world: World;
}

/** When a walk is calm, nothing goes wrong any more and nobody meddles: what can come to an end does. */
const CALM_AFTER = 0.6;

/**
 * Walks a whole release through what can happen: outcomes in any order, platforms that fail before or after the effect,
 * alarms, time in leaps, people who pause, approve and abort one target, and a coordinator that dies: its orders are
 * lost, come late, or are given twice.
 */
export class ReleaseWalk {
  readonly spec: ReleaseSpec;
  readonly parts: ReadonlyMap<string, Part>;
  readonly #chance: Chance & { readonly isUsedUp: boolean };
  #atMs = START_MS;
  /** Orders on their way: put into the journal, not yet read. */
  readonly #orders: ReleaseOrder[] = [];
  /** What the last barrier's orders still lead to: written for all at once, and read before anything else happens. */
  readonly #decided: ReleaseOrder[] = [];

  constructor(text: string, chance: Chance & { readonly isUsedUp: boolean }) {
    this.spec = parseRelease(text, "headgate.yaml").release;
    this.#chance = chance;
    const faults = [0, 5, 20][chance.int(3)] ?? 0;
    this.parts = new Map(
      this.spec.members.map(({ target, spec, needs }) => {
        const release = {
          id: "shop-1",
          name: this.spec.name,
          target,
          barriers: barriersOf(this.spec),
          needs,
        };
        const rollout = createRollout(createdFor(spec, { id: target, release }));
        return [target, { rollout, world: new World(chance, faults) }];
      }),
    );
  }

  get rollouts(): ReadonlyMap<string, Rollout> {
    return new Map([...this.parts].map(([target, { rollout }]) => [target, rollout]));
  }

  get outcome() {
    return outcomeOfRelease(this.spec, this.rollouts);
  }

  /** @param onStep told after each event, with the target that it came to. */
  run(steps: number, onStep: (target: string, before: Rollout) => void): this {
    const names = [...this.parts.keys()];
    for (let step = 0; step < steps && this.outcome === undefined; step++) {
      const isCalm = step > steps * CALM_AFTER;
      const name = names[this.#chance.int(names.length)] ?? "";
      const part = this.parts.get(name);
      if (part === undefined) continue;
      const happen = (event: RolloutEvent) => {
        const before = part.rollout;
        this.#take(name);
        part.rollout = decide(part.rollout, event).next;
        onStep(name, before);
      };
      const choice = this.#chance.int(100);
      const due = part.rollout.outstanding.find(({ runAtMs }) => runAtMs <= this.#atMs);
      // Some platforms take long to prepare: containers start, capacity is provisioned.
      const isSlow = due?.command.kind === "prepare" && this.#chance.int(SLOW_TO_PREPARE) > 0;
      if (choice < 50 && due !== undefined && !isSlow) {
        happen(part.world.run(due, this.#atMs));
      } else if (choice < 70) {
        this.#passTime(part.rollout);
        happen({ kind: "tick", atMs: this.#atMs });
      } else if (choice < 80) {
        this.#coordinate(isCalm);
      } else if (choice < 92) {
        this.#obey(onStep);
      } else if (choice < 94) {
        part.world.alarm = isCalm ? "ok" : (["ok", "ok", "alarm"] as const)[this.#chance.int(3)];
      } else if (choice < 96) {
        if (part.rollout.phase === "paused" && part.rollout.pause?.why !== "frozen") {
          happen({ kind: "resumeRequested", actor: "alice", reason: "go on", atMs: this.#atMs });
        }
      } else if (choice < 97 && !isCalm) {
        const kind = (["pauseRequested", "abortRequested"] as const)[this.#chance.int(2)];
        if (kind !== undefined && this.#chance.int(4) === 0) {
          happen({ kind, actor: "alice", reason: "because", atMs: this.#atMs });
        }
      }
    }
    return this;
  }

  #passTime(rollout: Rollout): void {
    const wakeMs = Math.min(wakeAtMs(rollout, this.#atMs), this.#atMs + 10_000);
    this.#atMs = Math.max(this.#atMs + 1, wakeMs);
  }

  /** Looks, and gives orders; a coordinator that dies loses what it was about to write, its successor says it again. */
  #coordinate(isCalm: boolean): void {
    const orders = coordinate(this.spec, this.rollouts);
    if (orders.some((order) => order.kind === "open" && order.barrier === "release")) {
      if (isCalm || this.#chance.int(5) > 0) this.#decided.push(...orders);
      return;
    }
    const isDying = !isCalm && this.#chance.int(5) === 0;
    const given = isDying ? orders.slice(0, this.#chance.int(orders.length + 1)) : orders;
    this.#orders.push(...given);
  }

  /** A turn of a target begins with what its release has decided. */
  #take(name: string): void {
    const part = this.parts.get(name);
    const at = this.#decided.findIndex(({ target }) => target === name);
    const [order] = at < 0 ? [] : this.#decided.splice(at, 1);
    if (part === undefined || order === undefined || order.kind !== "open") return;
    const { barrier, reason } = order;
    const event = { kind: "barrierOpened", barrier, reason, actor: "release shop" } as const;
    part.rollout = decide(part.rollout, { ...event, atMs: this.#atMs }).next;
  }

  /** One order arrives, now and then before those that were given earlier. */
  #obey(onStep: (target: string, before: Rollout) => void): void {
    const [order] = this.#orders.splice(this.#chance.int(3) === 0 ? -1 : 0, 1);
    const part = this.parts.get(order?.target ?? "");
    if (order === undefined || part === undefined) return;
    const by = { actor: "release shop", reason: order.reason, atMs: this.#atMs };
    const before = part.rollout;
    this.#take(order.target);
    const event: RolloutEvent =
      order.kind === "open"
        ? { kind: "barrierOpened", barrier: order.barrier, ...by }
        : { kind: "abortRequested", byRelease: true, ...by };
    part.rollout = decide(part.rollout, event).next;
    onStep(order.target, before);
  }
}
