// Protects the published policies of the built-in hook capacity: it asks what a release may read anyway, and for a
// service its cluster and its roles; and not without any one of those permissions.
import { describe, expect, it } from "vitest";
import { awsRunner } from "../../src/aws/runner.ts";
import { ecsTaskSetDriver } from "../../src/traffic/ecs-task-sets/index.ts";
import { serviceCapacity } from "../../src/traffic/ecs/capacity-look.ts";
import { functionCapacity } from "../../src/traffic/lambda-alias/capacity-look.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { ecsCloud, SERVICE, target } from "../support/ecs-cloud.ts";
import { ALIAS, FUNCTION_NAME } from "../support/lambda-cloud.ts";
import { proveLeast, releaseRole } from "../support/least-privilege.ts";
import { publishedStatements } from "../support/published-policy.ts";
import { problemsIn } from "../support/release-steps.ts";
import { constantRandom } from "../support/test-clock.ts";

const VALUES = {
  REGION: "us-east-1",
  ACCOUNT: "000000000000",
  CLUSTER: SERVICE.cluster,
  SERVICE: SERVICE.service,
  FAMILY: "web",
  TASK_ROLE: "execution",
  LOAD_BALANCER: "shop",
  FUNCTION: FUNCTION_NAME,
  APPLICATION: "shop",
  DEPLOYMENT_GROUP: "prod",
};

describe("the hook capacity", () => {
  it.each(["ecs-task-sets", "ecs-native", "code-deploy-ecs"])(
    "looks at a service with its own two permissions beside those of %s",
    async (policy) => {
      const cloud = await ecsCloud();
      const role = await releaseRole(cloud);
      const { clients } = role;
      const run = awsRunner({ clock: cloud.clock, random: constantRandom(0) });
      const step = {
        name: "look at web:1",
        async run() {
          // Anew each time: what was found once is not asked again.
          const driver = ecsTaskSetDriver({
            ...cloud,
            clients,
            run,
            target: target(),
            revision: { kind: "image", image: "web:two" },
          });
          const look = serviceCapacity({ clients, run, driver });
          const input = { rollout: "r1", hook: "room", when: "beforeTraffic" } as const;
          return problemsIn(
            await look({ ...input, stable: "web:1", canary: "web:1", weightBps: 0 }),
          );
        },
      };
      const statements = await publishedStatements([policy, "capacity"], VALUES);
      const own = (await publishedStatements(["capacity"], VALUES)).map(({ Sid }) => Sid);
      const unused = await proveLeast(role, statements, [step]);
      expect(unused.filter((one) => own.some((sid) => one.startsWith(`${sid} `)))).toEqual([]);
    },
  );

  it("looks at a function with the permissions of lambda-alias alone", async () => {
    const cloud = await cloudWithFunction();
    const role = await releaseRole(cloud);
    const { clients } = role;
    const run = awsRunner({ clock: cloud.clock, random: constantRandom(0) });
    const look = functionCapacity({ clients, run, functionName: FUNCTION_NAME, alias: ALIAS });
    const input = { rollout: "r1", hook: "room", when: "beforeTraffic" } as const;
    const step = {
      name: "look at version 1",
      run: async () => problemsIn(await look({ ...input, stable: "1", weightBps: 0 })),
    };
    const unused = await proveLeast(role, await publishedStatements(["lambda-alias"], VALUES), [
      step,
    ]);
    expect(unused).not.toContain("Look lambda:GetFunctionConcurrency");
  });
});
