import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Example, ScriptCall } from "./example.ts";

/** The images that work: that of setup.sh, and that of the first release. */
const GOOD = ["1", "2"];
const BAD = "3";

/** What release.sh of ecs-web and of the shop is told. */
export function imageRelease(isGood: boolean): ScriptCall {
  return isGood ? { argv: ["2"] } : { argv: [BAD], env: { ERROR_RATE: "0.3" } };
}

/** The service of examples/ecs-web, under any name, seen as the account's root. */
export interface EcsService {
  /** Puts an image into release.yaml that is not the one that serves: one that works, or one that does not. */
  write(isGood: boolean): Promise<void>;
  /** Makes a revision newer than any that a release has left: the next release has to register its own. */
  supersede(): Promise<void>;
  /** Traffic on the task set that serves alone, and no other left. */
  settle(): Promise<void>;
}

export function serviceOf(example: Example, name: string): EcsService {
  const [ecs, elb] = [new ECS(example.root), new ElasticLoadBalancingV2(example.root)];
  const described = async () => {
    const { services = [] } = await ecs.describeServices({ cluster: name, services: [name] });
    const sets = services[0]?.taskSets ?? [];
    return { sets, primary: sets.find(({ status }) => status === "PRIMARY") };
  };
  const served = async () => {
    const { taskDefinition } = (await described()).primary ?? {};
    return (await ecs.describeTaskDefinition({ taskDefinition })).taskDefinition;
  };
  return {
    async write(isGood) {
      const image = (await served())?.containerDefinitions?.[0]?.image ?? "";
      const tag = isGood ? GOOD.find((one) => !image.endsWith(`:${one}`)) : BAD;
      const wanted = image.replace(/:[^:]+$/, `:${tag}`);
      example.edit("release.yaml", (text) => text.replace(/^( *)image: .*/m, `$1image: ${wanted}`));
    },
    async supersede() {
      const { family, containerDefinitions, taskRoleArn, executionRoleArn, ...rest } =
        (await served()) ?? {};
      const { networkMode, requiresCompatibilities, cpu, memory } = rest;
      await ecs.registerTaskDefinition({
        family,
        containerDefinitions,
        taskRoleArn,
        executionRoleArn,
        networkMode,
        requiresCompatibilities,
        cpu,
        memory,
      });
    },
    async settle() {
      const { sets, primary } = await described();
      const group = primary?.loadBalancers?.[0]?.targetGroupArn;
      const { LoadBalancers = [] } = await elb.describeLoadBalancers({ Names: [name] });
      const LoadBalancerArn = LoadBalancers[0]?.LoadBalancerArn;
      const { Listeners = [] } = await elb.describeListeners({ LoadBalancerArn });
      for (const { ListenerArn, DefaultActions = [] } of Listeners) {
        const groups = DefaultActions[0]?.ForwardConfig?.TargetGroups ?? [];
        const TargetGroups = groups.map(({ TargetGroupArn }) => ({
          TargetGroupArn,
          Weight: TargetGroupArn === group ? 100 : 0,
        }));
        const action = { Type: "forward" as const, ForwardConfig: { TargetGroups } };
        await elb.modifyListener({ ListenerArn, DefaultActions: [action] });
      }
      for (const { id } of sets.filter((one) => one !== primary)) {
        await ecs.deleteTaskSet({ cluster: name, service: name, taskSet: id, force: true });
      }
    },
  };
}
