import type { SecretPort } from "../../data-plane/ports/settings.ts";
import { parseJsonObject } from "../../json-object.ts";
import type { Cloud } from "../../service.ts";
import { findSecretIfAny, type Secret, secretTable, type SecretVersion } from "./state.ts";
import { CURRENT, versionAt } from "./versions.ts";

/** "arn:aws:secretsmanager:eu-west-1:000000000000:secret:", the secret's name, and up to three more parts. */
const REFERENCE = /^(arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:[^:]+)(?::(.*))?$/;

/** Secrets for what other services run. Source: ECS developer guide, "Pass Secrets Manager secrets". */
export function createSecretPort({ store, clock }: Pick<Cloud, "store" | "clock">): SecretPort {
  return {
    value(place, valueFrom) {
      const [, arn, rest = ""] = REFERENCE.exec(valueFrom) ?? [];
      const [key = "", stage = "", id = ""] = rest.split(":");
      const secret = arn && findSecretIfAny(secretTable(store, place), arn, clock.nowMs());
      if (!secret || secret.deletedAtMs !== undefined) return undefined;
      const version = chosenVersion(secret, stage, id);
      return version === undefined ? undefined : valueOf(version, key);
    },
    arnOf(place, valueFrom) {
      const [, arn] = REFERENCE.exec(valueFrom) ?? [];
      return arn && findSecretIfAny(secretTable(store, place), arn, clock.nowMs())?.arn;
    },
  };
}

/** A version id and a stage together must name the same version. */
function chosenVersion(secret: Secret, stage: string, id: string): SecretVersion | undefined {
  if (id === "") return versionAt(secret, stage === "" ? CURRENT : stage);
  const version = secret.versions.find((one) => one.id === id);
  return stage === "" || version?.stages.includes(stage) === true ? version : undefined;
}

/** Undefined for bytes: a container's environment holds texts only. */
function valueOf({ text }: SecretVersion, key: string): string | undefined {
  if (key === "" || text === undefined) return text;
  const member = parseJsonObject(text)?.[key];
  if (member === undefined) return undefined;
  return typeof member === "string" ? member : JSON.stringify(member);
}
