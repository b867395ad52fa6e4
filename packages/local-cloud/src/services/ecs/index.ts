import type { Service } from "../../service.ts";

export function createEcs(): Service {
  return { handlers: {} };
}
