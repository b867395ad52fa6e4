export { type ApiGatewayDriversOptions, apiGatewayDrivers } from "./api-gateway-drivers.ts";
export { type AwsClientOptions, type AwsClients, awsClients } from "./aws/clients.ts";
export { type CallerIdentity, callerIdentity } from "./aws/identity.ts";
export { type AwsRunner, awsRunner } from "./aws/runner.ts";
export { type Clock, type Random, systemClock, systemRandom } from "./clock.ts";
export { ecsDrivers, type EcsDriversOptions } from "./ecs-drivers.ts";
export { type LambdaDriversOptions, lambdaDrivers, type LambdaRevision } from "./lambda-drivers.ts";
export { latticeDrivers, type LatticeDriversOptions } from "./lattice-drivers.ts";
export type { RolloutDrivers } from "./rollout-drivers.ts";
export type { Probe } from "./traffic/lambda-alias/prepare.ts";
export { zipFolder } from "./revisions/folder.ts";
export {
  type Monitoring,
  monitoring,
  type PutAlarm,
  type PutDashboard,
} from "./monitoring/index.ts";
