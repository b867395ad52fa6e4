// Protects what a rollout does about weights that somebody else set: by default a person decides; what the specification
// says otherwise is done within what the guards allow, and never to versions that are not the rollout's.
import { describe, expect, it } from "vitest";
import type { Command, LiveRoute, RolloutEvent } from "../../src/index.ts";
import { weightBps } from "../../src/index.ts";
import { Play } from "../support/play.ts";

const STEPS = "strategy: { canary: { steps: [{ setWeight: 20% }, { pause: 10m }] } }\nbake: 10m\n";
const ALARMED = `${STEPS}alarms: [errors]\n`;

/** A rollout that somebody else meddles with: `theirs` is what the next look at the route finds. */
class Meddled {
  readonly play: Play;
  readonly shifts: string[] = [];
  alarm: "ok" | "insufficientData" = "ok";
  /** Answers every look, until there is none any more. */
  theirs: LiveRoute[] = [];
  /** The next setWeight or promote finds another state than it starts from. */
  isRefused = false;

  constructor(policy: string, steps = STEPS, prevention?: string) {
    const target = { id: "t", label: "t", resolutionBps: 1, ...(prevention && { prevention }) };
    this.play = new Play(`${steps}${policy}\n`, () => undefined, {
      created: { target },
      unanswered: ["readTraffic"],
      answer: (command) => this.#answer(command),
    });
  }

  #answer(command: Command): RolloutEvent | undefined {
    const at = { commandId: command.id, atMs: this.play.atMs };
    if (command.kind === "readAlarms") {
      const readings = [{ name: "errors", state: this.alarm, reason: "" }];
      return { kind: "alarmsRead", ...at, readings };
    }
    if (command.kind === "setWeight" || command.kind === "promote") {
      const { token } = command.change;
      const share = command.kind === "promote" ? "all" : String(command.change.weight);
      this.shifts.push(`${share} from ${token}`);
      if (this.isRefused) {
        this.isRefused = false;
        const code = "ROUTE_CHANGED_ELSEWHERE";
        return { kind: "commandFailed", ...at, code, message: "refused", hint: "", jitter: 0 };
      }
    }
    if (command.kind !== "readRoute") return undefined;
    const route = this.theirs.shift();
    return route && { kind: "routeRead", ...at, route };
  }

  /** Up to 20%, and the look after it; or into the bake. */
  upTo(phase: "progressing" | "baking"): this {
    this.#until(() => this.play.rollout.phase === phase && this.play.rollout.weight > 0);
    return this;
  }

  /** Until the meddling was seen and answered. */
  meddle(...routes: readonly LiveRoute[]): this {
    this.theirs.push(...routes);
    this.shifts.length = 0;
    this.#until(() => this.theirs.length === 0);
    const { play } = this;
    while (play.rollout.outstanding.some(isDue)) play.step();
    return this;

    function isDue({ command, runAtMs }: (typeof play.rollout.outstanding)[number]): boolean {
      return command.kind !== "readTraffic" && runAtMs <= play.atMs;
    }
  }

  get rollout() {
    return this.play.rollout;
  }

  #until(isThere: () => boolean): void {
    this.play.tell({ kind: "tick", atMs: this.play.atMs });
    for (let step = 0; step < 500 && !isThere(); step++) this.play.step();
    if (!isThere()) throw new Error(`it did not come so far: ${this.play.notes.join("\n")}`);
  }
}

const at = (weight: number, token = "theirs"): LiveRoute =>
  weight === 0
    ? { stable: "1", weight: weightBps(0), token }
    : { stable: "1", canary: "2", weight: weightBps(weight), token };
const FOREIGN: LiveRoute = { stable: "1", canary: "9", weight: weightBps(500), token: "foreign" };

describe.each(["", "onWeightChangedElsewhere: pause"])("with %j", (policy) => {
  it("waits for a person and overwrites nothing", () => {
    const { rollout, shifts } = new Meddled(policy).upTo("progressing").meddle(at(5000));
    expect(rollout.pause).toMatchObject({ why: "routeChanged", from: "progressing" });
    expect(rollout.weight).toBe(5000);
    expect(shifts).toEqual([]);
  });
});

describe.each(["pause", "reassert", "adopt", "abort"])("with %s", (policy) => {
  it("leaves versions alone that are not its own", () => {
    const meddled = new Meddled(`onWeightChangedElsewhere: ${policy}`).upTo("progressing");
    const { rollout, shifts } = meddled.meddle(FOREIGN);
    expect(rollout.pause).toMatchObject({ why: "routeChanged" });
    expect(shifts).toEqual([]);
  });

  it("tells what would have prevented it", () => {
    const line = "Terraform: lifecycle { ignore_changes = [default_action] }.";
    const meddled = new Meddled(`onWeightChangedElsewhere: ${policy}`, STEPS, line);
    const { play } = meddled.upTo("progressing").meddle(at(5000));
    expect(play.notes.filter((text) => text.includes(line)).length).toBeGreaterThan(0);
  });
});

it("goes on from the weight it found, when it is to adopt it", () => {
  const meddled = new Meddled("onWeightChangedElsewhere: adopt").upTo("progressing");
  const { rollout, shifts, play } = meddled.meddle(at(5000));
  expect({ phase: rollout.phase, weight: rollout.weight }).toEqual({
    phase: "progressing",
    weight: 5000,
  });
  expect(shifts).toEqual([]);
  expect(play.run().rollout.finished?.outcome).toBe("promoted");
});

it("turns back, when it is to abort", () => {
  const meddled = new Meddled("onWeightChangedElsewhere: abort").upTo("progressing");
  const { play } = meddled.meddle(at(5000));
  expect(play.run().rollout).toMatchObject({ phase: "aborted", finished: { outcome: "failed" } });
  expect(play.rollout.abort?.detail).toContain("found version 1 50%, version 2 50%");
});

describe("when it is to set the weight back", () => {
  const policy = "onWeightChangedElsewhere: reassert";

  it.each([5000, 1000, 0])("does so from %s, on the state that it read", (weight) => {
    const { rollout, shifts } = new Meddled(policy).upTo("progressing").meddle(at(weight));
    expect(shifts).toEqual(["2000 from theirs"]);
    expect({ phase: rollout.phase, weight: rollout.weight }).toEqual({
      phase: "progressing",
      weight: 2000,
    });
  });

  it("asks a person after the third time", () => {
    const meddled = new Meddled(policy).upTo("progressing");
    for (let time = 1; time <= 3; time++) {
      expect(meddled.meddle(at(5000)).rollout.phase).toBe("progressing");
    }
    expect(meddled.meddle(at(5000)).rollout.pause?.why).toBe("routeChanged");
  });

  it("does not raise what others lowered while a guard is silent", () => {
    const meddled = new Meddled(policy, ALARMED).upTo("progressing");
    meddled.alarm = "insufficientData";
    const { rollout, shifts } = meddled.meddle(at(1000));
    expect(rollout.pause?.why).toBe("routeChanged");
    expect(shifts).toEqual([]);
  });

  it("lowers what others raised all the same", () => {
    const meddled = new Meddled(policy, ALARMED).upTo("progressing");
    meddled.alarm = "insufficientData";
    expect(meddled.meddle(at(5000)).shifts).toEqual(["2000 from theirs"]);
  });

  it("promotes again when the promotion was undone in the bake", () => {
    const { rollout, shifts, play } = new Meddled(policy).upTo("baking").meddle(at(0));
    expect(shifts).toEqual(["all from theirs"]);
    expect(rollout.phase).toBe("baking");
    expect(play.run().rollout.finished?.outcome).toBe("promoted");
  });
});

it("takes an undone promotion for no bake to go on with", () => {
  const meddled = new Meddled("onWeightChangedElsewhere: adopt").upTo("baking").meddle(at(0));
  expect(meddled.rollout.pause).toMatchObject({ why: "routeChanged", from: "baking" });
});

it.each([
  ["adopt", ["2000 from t0", "2000 from theirs"]],
  ["reassert", ["2000 from t0", "2000 from theirs"]],
])("asks again for a weight that was refused, with %s", (policy, shifts) => {
  const meddled = new Meddled(`onWeightChangedElsewhere: ${policy}`);
  meddled.isRefused = true;
  meddled.theirs.push(at(500));
  meddled.upTo("progressing");
  meddled.play.step();
  expect(meddled.shifts).toEqual(shifts);
  expect(meddled.rollout).toMatchObject({ phase: "progressing", weight: 2000 });
});
