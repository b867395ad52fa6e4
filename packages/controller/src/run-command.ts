import { InvariantError, noticeOf, RolloutError } from "@headgate/core";
import type { Command, RolloutEvent } from "@headgate/core";

import { compareBake } from "./bake.ts";
import type { Clock, Random } from "./clock.ts";
import type { Drivers } from "./drivers.ts";

export interface CommandWorld {
  readonly drivers: Drivers;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Runs one command through its contract and says what came of it, as an event. Never rejects, except for
 * our own bugs: what a driver throws, and its silence past the command's deadline, are events too.
 */
export async function runCommand(command: Command, world: CommandWorld): Promise<RolloutEvent> {
  const { clock } = world;
  const { promise: deadline, resolve: expire } = Promise.withResolvers<RolloutEvent>();
  const cancel = clock.after(command.timeoutMs, () => {
    const seconds = command.timeoutMs / 1000;
    const late = new RolloutError("TIMED_OUT", `${command.kind} took longer than ${seconds} s`, {
      hint: "It is tried again where that can help.",
    });
    expire(failure(command, late, world));
  });
  try {
    return await Promise.race([outcomeOf(command, world), deadline]);
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return failure(command, error, world);
  } finally {
    cancel();
  }
}

async function outcomeOf(
  command: Command,
  { drivers, clock }: CommandWorld,
): Promise<RolloutEvent> {
  const commandId = command.id;
  const { traffic, metrics, alarms, hooks, notifier } = drivers;
  switch (command.kind) {
    case "prepare": {
      const prepared = await traffic.prepare();
      return { kind: "prepared", commandId, atMs: clock.nowMs(), prepared };
    }
    case "setWeight": {
      const route = await traffic.setWeight(command.change);
      return { kind: "routeSet", commandId, atMs: clock.nowMs(), route };
    }
    case "promote": {
      const route = await traffic.promote(command.change);
      return { kind: "routeSet", commandId, atMs: clock.nowMs(), route };
    }
    case "restore": {
      const route = await traffic.restore(command.change);
      return { kind: "routeSet", commandId, atMs: clock.nowMs(), route };
    }
    case "readRoute": {
      const route = await traffic.readRoute();
      return { kind: "routeRead", commandId, atMs: clock.nowMs(), route };
    }
    case "readAlarms": {
      const readings = await alarms.read(command.names, command.classify);
      return { kind: "alarmsRead", commandId, atMs: clock.nowMs(), readings };
    }
    case "measure": {
      const reading = await metrics.read(command.query, command.window);
      // JSON has no undefined: no data is the absence of a value.
      return { kind: "measured", commandId, atMs: clock.nowMs(), reading };
    }
    case "readTraffic": {
      const { window, versions } = await metrics.compare(command.versions, command.window);
      const counted = [...versions].map(([version, counts]) => ({ version, counts }));
      return { kind: "trafficRead", commandId, atMs: clock.nowMs(), window, versions: counted };
    }
    case "readBaseline": {
      const { version, window, recentWindow } = command;
      const [baseline, latest] = await Promise.all([
        metrics.baseline(version, window),
        metrics.compare([version], recentWindow),
      ]);
      const requests = latest.versions.get(version)?.requests ?? 0;
      const seconds = (recentWindow.toMs - recentWindow.fromMs) / 1000;
      return {
        kind: "baselineRead",
        commandId,
        atMs: clock.nowMs(),
        ...(baseline === undefined ? {} : { baseline }),
        ...(requests === 0 ? {} : { recent: { requests, seconds } }),
      };
    }
    case "count": {
      const buckets = await metrics.count(command.query);
      const { window } = command.query;
      return { kind: "counted", commandId, atMs: clock.nowMs(), window, buckets };
    }
    case "compareBake": {
      const bake = await compareBake(metrics, command.window);
      return { kind: "bakeCompared", commandId, atMs: clock.nowMs(), bake };
    }
    case "runHook": {
      const outcome = await hooks.run(command.call);
      return { kind: "hookFinished", commandId, atMs: clock.nowMs(), outcome };
    }
    case "cleanUp": {
      await traffic.cleanUp(command.versions);
      return { kind: "cleanedUp", commandId, atMs: clock.nowMs() };
    }
    case "notify": {
      await notifier.notify(noticeOf(command), command.receiver);
      return { kind: "notified", commandId, atMs: clock.nowMs() };
    }
    default:
      return command satisfies never;
  }
}

function failure(command: Command, error: unknown, { clock, random }: CommandWorld): RolloutEvent {
  const at = { commandId: command.id, atMs: clock.nowMs(), jitter: random.next() };
  if (error instanceof RolloutError) {
    const { code, message, hint } = error;
    return { kind: "commandFailed", ...at, code, message, hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  const hint = "This is a defect of Headgate's driver: please report it.";
  return { kind: "commandFailed", ...at, code: "DRIVER_BROKEN", message, hint };
}
