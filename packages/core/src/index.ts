export { rollbackLogE } from "./analysis/combination.ts";
export * from "./analysis/comparison.ts";
export * from "./analysis/counts.ts";
export { addErrors, errorLogE, startErrors } from "./analysis/error-process.ts";
export type { ErrorCounts, ErrorState } from "./analysis/error-process.ts";
export * from "./analysis/evidence.ts";
export * from "./analysis/feed.ts";
export * from "./analysis/promotion.ts";
export * from "./analysis/ramp.ts";
export * from "./analysis/settings.ts";
export * from "./analysis/timing.ts";
export * from "./contracts/guards.ts";
export * from "./contracts/hook.ts";
export * from "./contracts/metric-source.ts";
export * from "./contracts/notice.ts";
export * from "./contracts/traffic-driver.ts";
export * from "./errors.ts";
export * from "./weight.ts";
export { argo, ARGO_DEFAULTS } from "./peers/argo.ts";
export type { ArgoOptions } from "./peers/argo.ts";
export {
  CODEDEPLOY_ALARM_DEFAULTS,
  CODEDEPLOY_CANARY_ALARM,
  codeDeployAlarm,
} from "./peers/codedeploy-alarm.ts";
export type { CodeDeployAlarmOptions } from "./peers/codedeploy-alarm.ts";
export { flagger, FLAGGER_DEFAULTS } from "./peers/flagger.ts";
export type { FlaggerOptions } from "./peers/flagger.ts";
export { kayenta, KAYENTA_DEFAULTS } from "./peers/kayenta.ts";
export type { KayentaOptions } from "./peers/kayenta.ts";
export { PEER_RULES } from "./peers/peer-rules.ts";
export type { PeerRuleName } from "./peers/peer-rules.ts";
export type { PeerBucket, PeerCounts, PeerVerdict } from "./peers/run-totals.ts";
export * from "./monitoring/alarm-plan.ts";
export * from "./monitoring/changes.ts";
export * from "./monitoring/dashboard-plan.ts";
export { latencyBound, latencyShape } from "./monitoring/latency-bound.ts";
export type { LatencyBound, LatencyShape } from "./monitoring/latency-bound.ts";
export type { MathRow } from "./monitoring/metric-math.ts";
export * from "./monitoring/monitored.ts";
export { usualLevel } from "./monitoring/usual-level.ts";
export type { UsualLevel } from "./monitoring/usual-level.ts";
export * from "./plan/plan.ts";
export * from "./release/coordinate.ts";
export * from "./release/release-of.ts";
export * from "./release/release-spec.ts";
export * from "./plan/schedule.ts";
export * from "./plan/times.ts";
export * from "./power/power.ts";
export type { Help } from "./power/help.ts";
export * from "./simulation/course.ts";
export * from "./simulation/random.ts";
export * from "./simulation/rollout.ts";
export * from "./simulation/samplers.ts";
export * from "./simulation/traffic.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export { policyOf } from "./spec/alarm.ts";
export { ecsStrategyOf } from "./spec/ecs-strategy.ts";
export type { EcsStrategy } from "./spec/ecs-strategy.ts";
export type { AlarmPolicy, WatchedAlarm } from "./spec/alarm.ts";
export { parseBucketLine } from "./replay/bucket-line.ts";
export type { BucketLine, LatencyHistogram, RecordedCounts } from "./replay/bucket-line.ts";
export { receiverOf } from "./spec/receiver.ts";
export type { Receiver, ReceiverSpec } from "./spec/receiver.ts";
export type { LineProblem } from "./replay/line-problem.ts";
export { recordCounts, recordRollout } from "./replay/record-run.ts";
export type { RecordedVersions } from "./replay/record-run.ts";
export { REPLAY_DEFAULTS, replayBucket } from "./replay/replay-run.ts";
export type {
  ReplayEvidence,
  ReplayPoint,
  ReplaySettings,
  RunReplay,
} from "./replay/replay-run.ts";
export { replaySentence } from "./replay/replay-sentence.ts";
export * from "./spec/parse-spec.ts";
export * from "./spec/schema.ts";
export { nearest } from "./spec/strict.ts";
export { viaOf } from "./spec/via.ts";
export * from "./rollout/alarm-classes.ts";
export { requestsPerSecond, settingsOf } from "./rollout/comparison.ts";
export type { ComparisonWatch } from "./rollout/comparison.ts";
export { promotesEarly } from "./rollout/proving.ts";
export * from "./rollout/command.ts";
export { decide } from "./rollout/decide.ts";
export type { Decision } from "./rollout/decide.ts";
export * from "./rollout/event.ts";
export * from "./rollout/fold.ts";
export * from "./rollout/json.ts";
export * from "./rollout/note.ts";
export { noticeOf } from "./rollout/notices.ts";
export * from "./rollout/phase.ts";
export * from "./rollout/rollout.ts";
export { formatRoute } from "./rollout/route.ts";
export { weightFor } from "./rollout/steps.ts";
export * from "./rollout/wake.ts";
export * from "./rollout/transitions.ts";
