import type { Cloud, Service } from "../../service.ts";
import { createEngine, type Engine } from "./execution/engine.ts";
import { createNotices, type Notices } from "./execution/notices.ts";
import { codedeployFacts } from "./facts.ts";
import { applicationOperations } from "./operations/applications.ts";
import { connectionOperations } from "./operations/connections.ts";
import { deploymentConfigOperations } from "./operations/deployment-configs.ts";
import { deploymentControlOperations } from "./operations/deployment-control.ts";
import { deploymentGroupOperations } from "./operations/deployment-groups.ts";
import { deploymentListOperations } from "./operations/deployment-lists.ts";
import { deploymentOperations } from "./operations/deployments.ts";
import { onPremisesOperations } from "./operations/on-premises.ts";
import { revisionOperations } from "./operations/revisions.ts";
import { tagOperations } from "./operations/tags.ts";
import { targetOperations } from "./operations/targets.ts";
import type { CodeDeployHandlers } from "./sdk.ts";
import { type CodeDeploy, stateOpener } from "./state.ts";

/**
 * AWS CodeDeploy for functions and services: it moves the weights of aliases and listeners on the cloud's clock, asks
 * hooks, follows alarms and rolls back. Instances can be registered; nothing is deployed to them.
 */
export function createCodeDeploy(cloud: Cloud): Service {
  const codedeploy: CodeDeploy = { cloud, in: stateOpener(cloud.store) };
  const notices = createNotices(cloud);
  const engine = createEngine(codedeploy, notices);
  const stopListening = cloud.bus.subscribe("alarmStateChanged", (event) =>
    engine.alarmChanged(event),
  );
  return {
    handlers: handlersOf(codedeploy, engine, notices),
    facts: codedeployFacts(codedeploy),
    resume: () => engine.resume(),
    async close() {
      stopListening();
      await engine.close();
    },
  };
}

function handlersOf(codedeploy: CodeDeploy, engine: Engine, notices: Notices) {
  return {
    ...applicationOperations(codedeploy),
    ...deploymentConfigOperations(codedeploy),
    ...deploymentGroupOperations(codedeploy, notices),
    ...revisionOperations(codedeploy),
    ...deploymentOperations(codedeploy, engine),
    ...deploymentListOperations(codedeploy),
    ...deploymentControlOperations(codedeploy, engine),
    ...targetOperations(codedeploy),
    ...onPremisesOperations(codedeploy),
    ...connectionOperations,
    ...tagOperations(codedeploy),
  } satisfies CodeDeployHandlers;
}
