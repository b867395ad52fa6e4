export { systemClock, systemRandom } from "./clock.ts";
export type { Clock, Random } from "./clock.ts";
export type { Drivers, DriversFactory } from "./drivers.ts";
export type {
  Journal,
  JournalEntry,
  OperatorRequest,
  StoredEntry,
  StoredRollout,
} from "./journal/journal.ts";
export { openJournal, openJournalBeside, writerOf } from "./journal/open-journal.ts";
export type { Writer } from "./journal/open-journal.ts";
export { runRollout } from "./loop.ts";
export type { RolloutUpdate, RunOptions } from "./loop.ts";
export { requestOperator } from "./operator.ts";
export type { OperatorAnswer, OperatorOptions } from "./operator.ts";
export { planFor } from "./plan-for.ts";
export type { RolloutPlan } from "./plan-for.ts";
export { preflight } from "./preflight.ts";
export { resumeRollout } from "./resume.ts";
export type { ResumeOptions } from "./resume.ts";
export { startRollout } from "./start.ts";
export type { StartOptions } from "./start.ts";
export { readHistory, readRollouts, readStatus } from "./status.ts";
export type { RolloutHistory, RolloutStatus } from "./status.ts";
