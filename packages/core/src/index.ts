export * from "./contracts/guards.ts";
export * from "./contracts/metric-source.ts";
export * from "./contracts/traffic-driver.ts";
export * from "./errors.ts";
export * from "./weight.ts";
