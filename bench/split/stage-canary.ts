import type { Site, SplitTarget } from "./target.ts";

export interface StageCanary extends SplitTarget {
  /** The stage's own deployment answers everything, until `setShare` makes a canary anew. */
  removeCanary(): Promise<void>;
}

const ANSWERS = { stable: "stable", canary: "canary" };

/** An API whose stage and canary answer by themselves, so that a request is only routing. */
export async function openStageCanary({
  clients: { gateway },
  endpoint,
}: Site): Promise<StageCanary> {
  const { id: restApiId = "" } = await gateway.importRestApi({ body: documentOf(ANSWERS.stable) });
  const stage = { restApiId, stageName: "prod" };
  await gateway.createDeployment(stage);
  await gateway.putRestApi({ restApiId, mode: "overwrite", body: documentOf(ANSWERS.canary) });
  const { id: canaryId } = await gateway.createDeployment({ restApiId });
  return {
    name: "API Gateway stage canary",
    url: `${endpoint}/_aws/execute-api/${restApiId}/${stage.stageName}/`,
    answers: ANSWERS,
    async setShare(oneIn) {
      const percent = String(100 / oneIn);
      await gateway.updateStage({
        ...stage,
        patchOperations: [
          { op: "replace", path: "/canarySettings/deploymentId", value: canaryId },
          { op: "replace", path: "/canarySettings/percentTraffic", value: percent },
        ],
      });
    },
    async removeCanary() {
      const patchOperations = [{ op: "remove" as const, path: "/canarySettings" }];
      await gateway.updateStage({ ...stage, patchOperations });
    },
  };
}

function documentOf(answer: string): Uint8Array {
  const integration = {
    type: "mock",
    requestTemplates: { "application/json": '{"statusCode": 200}' },
    responses: {
      default: { statusCode: "200", responseTemplates: { "application/json": answer } },
    },
  };
  const get = {
    responses: { "200": { description: "ok" } },
    "x-amazon-apigateway-integration": integration,
  };
  const info = { title: "split", version: "1" };
  return Buffer.from(JSON.stringify({ openapi: "3.0.1", info, paths: { "/": { get } } }));
}
