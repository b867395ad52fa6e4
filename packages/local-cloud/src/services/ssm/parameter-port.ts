import type { ParameterPort } from "../../data-plane/ports/settings.ts";
import { AwsError } from "../../aws-error.ts";
import type { Cloud } from "../../service.ts";
import { findVersion, parameterTable } from "./state.ts";

/** Parameters for what other services run: always decrypted. */
export function createParameterPort({ store }: Pick<Cloud, "store">): ParameterPort {
  return {
    value(place, nameOrArn) {
      try {
        return findVersion(parameterTable(store, place), nameOrArn).version.value;
      } catch (error) {
        if (error instanceof AwsError) return undefined;
        throw error;
      }
    },
  };
}
