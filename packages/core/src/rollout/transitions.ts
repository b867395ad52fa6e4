import type { EventKind } from "./event.ts";
import type { Phase } from "./phase.ts";

export function assertTransition(_from: Phase, _kind: EventKind, _to: Phase): void {}
