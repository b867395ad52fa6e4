import { loadConstraints } from "../../src/model/constraints.ts";
import { PROTOCOLS, type SigningName } from "../../src/model/protocols.ts";
import { loadServiceModel, type ServiceModel } from "../../src/model/service-model.ts";
import { TESTED_SCHEMAS } from "./wire-server.ts";

/** An SDK client of any service, called by operation name. */
export interface AnyClient {
  readonly model: ServiceModel;
  /** The names of the errors that the service's model has. */
  readonly errorNames: readonly string[];
  send(operation: string, input: unknown): Promise<Record<string, unknown>>;
  destroy(): void;
}

interface Sendable {
  send(command: unknown): Promise<Record<string, unknown>>;
  destroy(): void;
  readonly config: Record<string, unknown>;
}

type Construct<Instance> = new (settings: unknown) => Instance;

export const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };

/** `settings` are the client's own: another protocol, another region. */
export async function sdkClient(
  service: SigningName,
  endpoint: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<AnyClient> {
  const load = TESTED_SCHEMAS[service];
  if (load === undefined) throw new Error(`${PROTOCOLS[service].title} has no client here`);
  const sdk = new Map<string, unknown>(Object.entries(await load()));
  const className = [...sdk.keys()].find((name) => /^[A-Z]\w*Client$/.test(name)) ?? "";
  const client = new (sdk.get(className) as Construct<Sendable>)({
    region: "us-west-2",
    credentials: CREDENTIALS,
    maxAttempts: 1,
    disableHostPrefix: true,
    endpoint,
    ...settings,
  });
  return {
    model: await loadServiceModel(service, load, (await loadConstraints(service)).integers),
    errorNames: [...sdk.values()].filter(isErrorSchema).map((schema) => schema[2]),
    send(operation, input) {
      const Command = sdk.get(`${operation}Command`) as Construct<unknown>;
      return client.send(new Command(input));
    },
    destroy: () => {
      client.destroy();
    },
  };
}

/** Also the SDK's own base exceptions have schemas, under a synthetic namespace. */
function isErrorSchema(value: unknown): value is [kind: number, namespace: string, name: string] {
  return Array.isArray(value) && value[0] === -3 && !String(value[1]).startsWith("smithy.ts.sdk");
}
