import { barriersOf, coordinate, outcomeOfRelease, parseRelease } from "../../src/index.ts";
import type { Command, ReleaseSpec, Rollout, RolloutEvent } from "../../src/index.ts";
import { Play } from "./play.ts";
import { createdFor, START_MS } from "./specs.ts";
import { createRollout } from "../../src/index.ts";

type Answer = (command: Command, play: Play) => RolloutEvent | undefined;

const QUIET = { perSecond: 100, stableErrors: 0, canaryErrors: 0 };

/** Plays the rollouts of one release side by side on one clock, and obeys what the release asks of them. */
export class ReleasePlay {
  readonly spec: ReleaseSpec;
  readonly plays: ReadonlyMap<string, Play>;
  /** What happened, in order: "api traffic", "web promoted", "api back". */
  readonly events: string[] = [];
  nowMs = START_MS;
  readonly #said = new Map<string, string>();

  constructor(text: string, answers: Readonly<Record<string, Answer>> = {}) {
    this.spec = parseRelease(text, "headgate.yaml").release;
    const { name } = this.spec;
    this.plays = new Map(
      this.spec.members.map(({ target, spec }) => {
        const release = { id: "shop-1", name, target, barriers: barriersOf(this.spec) };
        const answer = answers[target];
        const play = new Play("strategy: { allAtOnce: {} }", QUIET, answer && { answer });
        play.rollout = createRollout(createdFor(spec, { id: target, release }));
        play.tell({ kind: "tick", atMs: play.atMs });
        return [target, play];
      }),
    );
  }

  rollout(target: string): Rollout {
    const play = this.plays.get(target);
    if (play === undefined) throw new Error(`no target ${target}`);
    return play.rollout;
  }

  get rollouts(): ReadonlyMap<string, Rollout> {
    return new Map([...this.plays].map(([target, { rollout }]) => [target, rollout]));
  }

  get outcome() {
    return outcomeOfRelease(this.spec, this.rollouts);
  }

  /** Until all are finished, or so much time has passed. */
  run(forMs = 3_600_000, onStep: (play: ReleasePlay) => void = () => {}): this {
    const endMs = this.nowMs + forMs;
    while (this.outcome === undefined && this.nowMs < endMs) {
      let hasMoved = false;
      for (const play of this.plays.values()) {
        if (play.rollout.finished === undefined && play.step(this.nowMs)) hasMoved = true;
        if (this.#obey()) hasMoved = true;
        this.#listen();
        onStep(this);
      }
      if (!hasMoved) this.#passTime();
    }
    return this;
  }

  #passTime(): void {
    this.nowMs += 1000;
    for (const play of this.plays.values()) {
      play.atMs = Math.max(play.atMs, this.nowMs);
      play.tell({ kind: "tick", atMs: play.atMs });
    }
  }

  #obey(): boolean {
    const orders = coordinate(this.spec, this.rollouts);
    for (const order of orders) {
      const play = this.plays.get(order.target);
      if (play === undefined) throw new Error(`an order for ${order.target}`);
      const by = { actor: "release shop", reason: order.reason, atMs: this.nowMs };
      if (order.kind === "open") {
        play.tell({ kind: "barrierOpened", barrier: order.barrier, ...by });
      } else {
        play.tell({ kind: "abortRequested", byRelease: true, ...by });
      }
    }
    return orders.length > 0;
  }

  #listen(): void {
    for (const [target, { rollout }] of this.plays) {
      const now = stationOf(rollout);
      if (this.#said.get(target) === now) continue;
      this.#said.set(target, now);
      if (now !== "") this.events.push(`${target} ${now}`);
    }
  }
}

function stationOf({ phase, weight, abort, versions }: Rollout): string {
  if (abort !== undefined) return abort.isRestored ? "back" : "turning";
  if (phase === "healthy") return "healthy";
  if (weight === 10_000) return "promoted";
  if (weight > 0) return "traffic";
  return versions === undefined ? "" : "ready";
}
