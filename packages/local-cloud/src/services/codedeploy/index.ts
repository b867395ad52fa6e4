import type { Service } from "../../service.ts";

export function createCodeDeploy(): Service {
  return { handlers: {} };
}
