import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { StoredImage } from "../../../data-plane/ports/images.ts";
import type { Wanted } from "../../../iam-enforcement/authority.ts";
import type { Cloud } from "../../../service.ts";
import { roleArnOf } from "../arns.ts";
import { findTaskDefinition } from "../lookups.ts";
import type { PlaceState, TaskRow } from "../state.ts";
import {
  deniedCall,
  executionRoleMissing,
  layerDenied,
  manifestDenied,
  parametersRefused,
  registryDenied,
  secretRefused,
} from "./failure.ts";

/** What is wanted, without the ways in which it is said. */
type Need = Pick<Wanted, "action" | "resource" | "service">;

/**
 * The role in which ECS prepares a task: it pulls images, reads secrets and writes logs. It is asked only in a cloud that
 * enforces IAM; a task that has none needs none, as registering its definition has seen to.
 * Source: AWS docs, "Amazon ECS task execution IAM role".
 */
export interface ExecutionRole {
  /**
   * Whether it may call an operation, and if not, what the answer is.
   *
   * @param call "ECR: GetAuthorizationToken", as AWS's agent names it.
   */
  refusal(call: string, need: Need): Promise<string | undefined>;
  /** @throws {TaskFailure} when a container's image is one of ECR's and the role may not log in there. */
  requireRegistry(containers: readonly ContainerDefinition[]): Promise<void>;
  /** @throws {TaskFailure} */
  requireManifest(reference: string): Promise<void>;
  /** @throws {TaskFailure} */
  requireLayers(reference: string, image: StoredImage): Promise<void>;
  /** @throws {TaskFailure} Before it is known whether there is such a secret or parameter: AWS tells nobody else. */
  requireSecret(valueFrom: string): Promise<void>;
}

export function executionRole(cloud: Cloud, state: PlaceState, task: TaskRow): ExecutionRole {
  const { place } = state;
  const { authority } = cloud;
  const row = findTaskDefinition(state, task.workload.taskDefinitionArn);
  const given = task.overrides.executionRoleArn ?? row?.definition.executionRoleArn;
  const roleArn = given === undefined ? undefined : roleArnOf(place, given);

  const denied = async (need: Need): Promise<string | undefined> => {
    if (authority === undefined || roleArn === undefined) return undefined;
    // Source of the session's name, the task's id: reasons of stopped tasks.
    const role = { roleArn, sessionName: task.id, region: place.region };
    return (await authority.asRole(role, need))?.message;
  };
  const repositoryOf = async (reference: string) => {
    if (authority === undefined) return undefined;
    return (await cloud.port("images")).repositoryArn(place, reference);
  };
  const mayInRepository = async (reference: string, ...actions: readonly string[]) => {
    const resource = await repositoryOf(reference);
    if (resource === undefined) return true;
    for (const action of actions) {
      if ((await denied({ action, resource, service: "ecr" })) !== undefined) return false;
    }
    return true;
  };

  const role: ExecutionRole = {
    async refusal(call, need) {
      const message = await denied(need);
      return message && deniedCall(call, cloud.random.uuid(), message);
    },
    async requireRegistry(containers) {
      for (const { image = "" } of containers) {
        if ((await repositoryOf(image)) === undefined) continue;
        if (roleArn === undefined) throw executionRoleMissing(image);
        const answer = await role.refusal("ECR: GetAuthorizationToken", {
          action: "ecr:GetAuthorizationToken",
          resource: "*",
          service: "ecr",
        });
        if (answer !== undefined) throw registryDenied(answer);
      }
    },
    async requireManifest(reference) {
      const may = await mayInRepository(reference, "ecr:BatchGetImage");
      if (!may) throw manifestDenied(reference);
    },
    async requireLayers(reference, { digest, layers: [first] }) {
      // Unverified: that a pull without BatchCheckLayerAvailability fails. AWS's documentation asks for it.
      const may = await mayInRepository(
        reference,
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
      );
      if (!may) throw layerDenied(reference, first?.digest ?? digest);
    },
    async requireSecret(valueFrom) {
      if (/^arn:[^:]*:secretsmanager:/.test(valueFrom)) {
        const secrets = await cloud.port("secrets");
        const named = valueFrom.split(":").slice(0, 7).join(":");
        const answer = await role.refusal("Secrets Manager: GetSecretValue", {
          action: "secretsmanager:GetSecretValue",
          resource: secrets.arnOf(place, valueFrom) ?? named,
          service: "secretsmanager",
        });
        if (answer !== undefined) throw secretRefused(named, answer);
        return;
      }
      const answer = await role.refusal("SSM: GetParameters", {
        action: "ssm:GetParameters",
        resource: parameterArn(place, valueFrom),
        service: "ssm",
      });
      if (answer !== undefined) throw parametersRefused(answer);
    },
  };
  return role;
}

/** Without the slash in front of a name, and without the version or label behind it. */
function parameterArn({ account, region }: PlaceState["place"], nameOrArn: string): string {
  if (nameOrArn.startsWith("arn:")) return nameOrArn.split(":").slice(0, 6).join(":");
  const [name = nameOrArn] = nameOrArn.split(":");
  return `arn:aws:ssm:${region}:${account}:parameter/${name.replace(/^\//, "")}`;
}
