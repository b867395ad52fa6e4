import type { ProgressRow } from "../state.ts";

export const NOT_BEGUN: ProgressRow = {
  stage: 0,
  shiftsDone: 0,
  weightPercent: 0,
  isContinued: false,
  isTerminationWaiting: false,
};
