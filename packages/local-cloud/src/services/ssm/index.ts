import type { Service } from "../../service.ts";

export function createSsm(): Service {
  return { handlers: {} };
}
