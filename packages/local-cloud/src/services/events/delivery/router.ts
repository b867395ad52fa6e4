import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { matchesPattern, type Pattern, parsePattern } from "../pattern/pattern.ts";
import { type RuleRow, rulesOn, stateOf, type TargetRow } from "../state.ts";
import { type BusEvent, wholeSecondText } from "./event.ts";
import { inputOf } from "./input.ts";
import { countForRule } from "./rule-metrics.ts";
import { deliver } from "./targets.ts";

/** Brings events to the targets of the rules that match them. */
export interface Router {
  /** To all rules of a bus. Returns at once: deliveries happen afterwards. */
  route(place: Place, busName: string, event: BusEvent): void;
  /** To one rule, whatever its pattern: a schedule's event. */
  trigger(place: Place, rule: RuleRow, event: BusEvent): void;
  close(): void;
}

export function createRouter(cloud: Cloud): Router {
  const patterns = new Map<string, Pattern>();
  const warned = new Set<string>();
  let isClosed = false;

  const patternOf = (text: string): Pattern => {
    const known = patterns.get(text) ?? parsePattern(text);
    patterns.set(text, known);
    return known;
  };

  /** Says it once for each target and reason: a broken target fails for every event. */
  const warnOnce = (message: string) => {
    if (warned.has(message)) return;
    warned.add(message);
    cloud.warn(message);
  };

  const send = async (place: Place, rule: RuleRow, target: TargetRow, event: BusEvent) => {
    if (isClosed) return;
    const ingestedAt = wholeSecondText(cloud.clock.nowMs());
    const input = inputOf(target, rule, { event, ingestedAt });
    const { Arn: targetArn = "", RoleArn: roleArn } = target;
    countForRule(cloud, place, rule, "Invocations");
    const failure = await deliver(cloud, { place, rule, targetArn, roleArn, input });
    if (failure === undefined || isClosed) return;
    countForRule(cloud, place, rule, "FailedInvocations");
    warnOnce(`events: rule ${rule.name} could not deliver to ${targetArn}: ${failure}`);
  };

  const trigger: Router["trigger"] = (place, rule, event) => {
    countForRule(cloud, place, rule, "MatchedEvents");
    countForRule(cloud, place, rule, "TriggeredRules");
    for (const target of rule.targets) {
      cloud.clock.schedule(cloud.clock.nowMs(), () => send(place, rule, target, event));
    }
  };

  return {
    trigger,
    route(place, busName, event) {
      for (const rule of rulesOn(stateOf(cloud.store, place), busName)) {
        if (!rule.isEnabled || rule.pattern === undefined) continue;
        if (matchesPattern(patternOf(rule.pattern), event)) trigger(place, rule, event);
      }
    },
    close() {
      isClosed = true;
    },
  };
}
