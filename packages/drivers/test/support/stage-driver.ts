import { onTestFinished } from "vitest";
import {
  apiGatewayStageDriver,
  type ApiGatewayStageOptions,
} from "../../src/traffic/api-gateway-stage/index.ts";
import { API_NAME, STAGE, type StageCloud, startStageCloud } from "./stage-cloud.ts";

/** A cloud with the API, its stage and its function, closed when the test is over. */
export async function cloudWithStage(): Promise<StageCloud> {
  const cloud = await startStageCloud();
  onTestFinished(() => cloud.close());
  return cloud;
}

/** The driver, by default with the API as it is as the revision. */
export function stageDriver(cloud: StageCloud, options: Partial<ApiGatewayStageOptions> = {}) {
  return apiGatewayStageDriver({
    ...cloud,
    api: API_NAME,
    stage: STAGE,
    revision: { kind: "apiAsItIs" },
    countsAccessLog: true,
    ...options,
  });
}

/** An OpenAPI document of the one method, which calls this function. */
export function openApiDocument(functionArn: string): string {
  const integration = {
    type: "aws_proxy",
    httpMethod: "POST",
    uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
  };
  const responses = { 200: { description: "an order" } };
  return JSON.stringify({
    openapi: "3.0.1",
    info: { title: API_NAME, version: "1" },
    paths: { "/orders": { get: { responses, "x-amazon-apigateway-integration": integration } } },
  });
}
