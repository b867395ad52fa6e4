import type { RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import { client } from "../errors.ts";

const GIB = 1024;

/** Memory in MiB that each number of CPU units goes with: from, to, step. Source: AWS docs, Task CPU and memory. */
const FARGATE_SIZES: ReadonlyMap<number, readonly [number, number, number]> = new Map([
  [512, [GIB, 4 * GIB, GIB]],
  [1024, [2 * GIB, 8 * GIB, GIB]],
  [2048, [4 * GIB, 16 * GIB, GIB]],
  [4096, [8 * GIB, 30 * GIB, GIB]],
  [8192, [16 * GIB, 60 * GIB, 4 * GIB]],
  [16384, [32 * GIB, 120 * GIB, 8 * GIB]],
]);

/** "1 vCPU" and ".5 vcpu" are units too: 1024 and 512. @throws ClientException */
export function cpuUnitsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number = "", unit] = /^\s*(\d*\.?\d+)\s*(vcpu)?\s*$/i.exec(text) ?? [];
  const units = Number(number) * (unit === undefined ? 1 : 1024);
  if (number === "" || !Number.isInteger(units)) throw client(`Invalid 'cpu' setting for task.`);
  return units;
}

/** "1GB" and "1 gb" are 1024. @throws ClientException */
export function memoryMibOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number = "", unit] = /^\s*(\d*\.?\d+)\s*(gb)?\s*$/i.exec(text) ?? [];
  const mib = Number(number) * (unit === undefined ? 1 : GIB);
  if (number === "" || !Number.isInteger(mib)) throw client(`Invalid 'memory' setting for task.`);
  return mib;
}

/**
 * The task's own size, and whether Fargate has such a one.
 *
 * @throws ClientException, when the definition says that it needs Fargate. Source of the texts: AWS answers quoted in
 * issues of terraform-provider-aws and aws-cdk.
 */
export function readSize(
  input: Pick<RegisterTaskDefinitionRequest, "cpu" | "memory">,
  needsFargate: boolean,
): {
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
  readonly fitsFargate: boolean;
} {
  const cpu = cpuUnitsOf(input.cpu);
  const memory = memoryMibOf(input.memory);
  const fitsFargate = cpu !== undefined && memory !== undefined && isFargateSize(cpu, memory);
  if (needsFargate && !fitsFargate) {
    if (cpu === undefined)
      throw client("Fargate requires that 'cpu' be defined at the task level.");
    if (memory === undefined) {
      throw client("Fargate requires that 'memory' be defined at the task level.");
    }
    throw client(
      `No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory. See the Amazon ECS documentation for the valid values.`,
    );
  }
  return { cpu, memory, fitsFargate };
}

function isFargateSize(cpu: number, memory: number): boolean {
  if (cpu === 256) return [512, GIB, 2 * GIB].includes(memory);
  const [from, to, step] = FARGATE_SIZES.get(cpu) ?? [0, -1, 1];
  return memory >= from && memory <= to && (memory - from) % step === 0;
}
