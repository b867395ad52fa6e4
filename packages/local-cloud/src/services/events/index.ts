import type { Service } from "../../service.ts";

export function createEvents(): Service {
  return { handlers: {} };
}
