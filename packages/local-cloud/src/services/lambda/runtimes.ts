import { invalidParameter } from "./errors.ts";

/**
 * Runtimes in which functions can be created and updated. Unverified: the set and order that AWS's message
 * has in November 2026; the text around it is recorded.
 */
const SUPPORTED = [
  "nodejs26.x",
  "python3.15",
  "python3.14",
  "provided.al2023",
  "python3.12",
  "python3.13",
  "nodejs24.x",
  "nodejs22.x",
  "nodejs20.x",
  "java25",
  "python3.10",
  "python3.11",
  "java21",
  "ruby3.3",
  "ruby3.4",
  "java17",
  "dotnet10",
  "dotnet8",
  "java11",
  "provided.al2",
  "java8.al2",
] as const;

/** Known to AWS and past the date from which it refuses them. Source: AWS docs, "Lambda runtimes". */
const DEPRECATED = new Set([
  "nodejs",
  "nodejs4.3",
  "nodejs4.3-edge",
  "nodejs6.10",
  "nodejs8.10",
  "nodejs10.x",
  "nodejs12.x",
  "nodejs14.x",
  "nodejs16.x",
  "nodejs18.x",
  "python2.7",
  "python3.6",
  "python3.7",
  "python3.8",
  "python3.9",
  "java8",
  "dotnetcore1.0",
  "dotnetcore2.0",
  "dotnetcore2.1",
  "dotnetcore3.1",
  "dotnet6",
  "go1.x",
  "ruby2.5",
  "ruby2.7",
  "ruby3.2",
  "provided",
]);

const SUPPORTED_NAMES: ReadonlySet<string> = new Set(SUPPORTED);

/** @throws InvalidParameterValueException with AWS's text for a deprecated or an unknown runtime. */
export function requireRuntime(runtime: string): void {
  if (SUPPORTED_NAMES.has(runtime)) return;
  if (DEPRECATED.has(runtime)) {
    throw invalidParameter(
      `The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`,
    );
  }
  throw invalidParameter(
    `Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${SUPPORTED.join(", ")}] or be a valid ARN`,
  );
}

/** An ARN of the form AWS gives to the patch release of a managed runtime. */
export function runtimeVersionArn(region: string, runtime: string): string {
  return `arn:aws:lambda:${region}::runtime:${Buffer.from(runtime.padEnd(32, "0")).toString("hex").slice(0, 64)}`;
}
