import type { Cloud } from "../../../service.ts";
import { noVersion, tooManyLabels } from "../errors.ts";
import { LABELS_PER_VERSION } from "../limits.ts";
import type { SsmHandlers } from "../sdk.ts";
import {
  findParameter,
  keyOf,
  latest,
  type Parameter,
  parameterTable,
  type ParameterVersion,
} from "../state.ts";

/** Labels: names of a user's own for versions. One label leads to one version. */
export function labelOperations({ store }: Cloud) {
  return {
    LabelParameterVersion(input, context) {
      const parameters = parameterTable(store, context);
      const parameter = findParameter(parameters, input.Name ?? "");
      const to = versionNumbered(parameter, input.ParameterVersion ?? latest(parameter).version);
      const labels = [...new Set(input.Labels)];
      const InvalidLabels = labels.filter((label) => !isLabel(label));
      const valid = labels.filter(isLabel);
      if (new Set([...to.labels, ...valid]).size > LABELS_PER_VERSION) throw tooManyLabels();
      const moved = mapVersions(parameter, (version) => {
        const others = version.labels.filter((label) => !valid.includes(label));
        return { ...version, labels: version === to ? [...others, ...valid] : others };
      });
      if (valid.length > 0) parameters.set(keyOf(parameter.name), moved);
      return { InvalidLabels, ParameterVersion: to.version };
    },

    UnlabelParameterVersion(input, context) {
      const parameters = parameterTable(store, context);
      const parameter = findParameter(parameters, input.Name ?? "");
      const from = versionNumbered(parameter, input.ParameterVersion ?? 0);
      const labels = [...new Set(input.Labels)];
      const RemovedLabels = labels.filter((label) => from.labels.includes(label));
      const without = mapVersions(parameter, (version) =>
        version === from
          ? { ...version, labels: version.labels.filter((label) => !labels.includes(label)) }
          : version,
      );
      parameters.set(keyOf(parameter.name), without);
      const InvalidLabels = labels.filter((label) => !from.labels.includes(label));
      return { RemovedLabels, InvalidLabels };
    },
  } satisfies SsmHandlers;
}

/** Source: AWS docs, "Working with parameter labels in Parameter Store". */
function isLabel(label: string): boolean {
  return /^[a-zA-Z_.-][\w.-]*$/.test(label) && !/^(?:aws|ssm)/i.test(label);
}

/** @throws {AwsError} ParameterVersionNotFound */
function versionNumbered(parameter: Parameter, wanted: number): ParameterVersion {
  const version = parameter.versions.find((one) => one.version === wanted);
  if (version === undefined) throw noVersion(parameter.name, String(wanted));
  return version;
}

function mapVersions(
  parameter: Parameter,
  change: (version: ParameterVersion) => ParameterVersion,
): Parameter {
  const [first, ...others] = parameter.versions;
  return { ...parameter, versions: [change(first), ...others.map(change)] };
}
