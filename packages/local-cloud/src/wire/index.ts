import { AwsError } from "../aws-error.ts";
import { isSigningName, type ProtocolName, type SigningName } from "../model/protocols.ts";
import { SCHEMAS, type SchemaLoader } from "../model/sdk.ts";
import type { ServiceModel } from "../model/service-model.ts";
import { loadConstraints } from "../model/constraints.ts";
import { address, likelyProtocol, protocolOf } from "./discovery.ts";
import { failureOf } from "./failure.ts";
import { notImplemented, unknownService } from "./not-implemented.ts";
import { protocol } from "./protocols/index.ts";
import { serializationFault } from "./serialization-fault.ts";
import { refusalError } from "./signature/refusals.ts";
import {
  createSignatureChecker,
  type SignatureChecker,
  type SigningKeys,
} from "./signature/verify.ts";
import { createValidator, type Validator } from "./validation/validator.ts";
import type { Decoded, Wire } from "./wire.ts";
import { wireRequest, type WireRequest } from "./wire-request.ts";

export { notImplemented } from "./not-implemented.ts";

export interface WireOptions {
  /** For requests that name none. */
  readonly region: string;
  /** The cloud's time, for signatures. */
  readonly clock?: { nowMs(): number };
  /** Whether a request must carry a right signature. Default false: any credentials will do. */
  readonly verifySignatures?: boolean;
  /** What an access key signs with; undefined for a key that may sign nothing. */
  readonly signingKey?: SigningKeys;
  /** Whether inputs must keep the model's constraints. Default true; protocol tests need false. */
  readonly checkConstraints?: boolean;
  /** The services whose schemas can be loaded; those of the cloud unless a test adds some. */
  readonly schemas?: Readonly<Partial<Record<SigningName, SchemaLoader>>>;
}

/**
 * A request's way in: what it calls (`discovery`), whether it is signed (`signature/`), which
 * operation (`protocols/`, `router`), its input (`codecs/`), and whether AWS would take that
 * (`validation/`). A service's schemas and constraints are loaded by its first request.
 */
export function createWire(options: WireOptions): Wire {
  const schemas = options.schemas ?? SCHEMAS;
  const signatures = options.verifySignatures === true ? signatureChecker(options) : undefined;
  const services = new Map<SigningName, Promise<LoadedService>>();
  const serviceOf = (name: SigningName): Promise<LoadedService> | undefined => {
    const load = schemas[name];
    if (load === undefined) return undefined;
    const known = services.get(name);
    if (known !== undefined) return known;
    const loaded = loadService(name, load, options.checkConstraints ?? true);
    services.set(name, loaded);
    return loaded;
  };
  return {
    async decode(incoming, body) {
      const request = wireRequest(incoming, body);
      const { service, region = options.region, accessKeyId } = address(request);
      const loaded = isSigningName(service) ? await serviceOf(service) : undefined;
      if (loaded === undefined) {
        const error = unknownService(service, Object.keys(schemas));
        return refuse(likelyProtocol(service, request), error, undefined);
      }
      const refusal = signatures?.check(request);
      if (refusal !== undefined) {
        const name = protocolOf(loaded.model.name, request);
        return refuse(name, refusalError(refusal, name), loaded.model);
      }
      return decodeCall(loaded, request, { region, accessKeyId });
    },
    refuse(incoming, error, requestId) {
      const request = wireRequest(incoming, new Uint8Array());
      const { service } = address(request);
      const name = isSigningName(service)
        ? protocolOf(service, request)
        : likelyProtocol(service, request);
      const failure = failureOf(error, undefined, isQuery(name));
      return protocol(name).writeFailure(failure, { model: undefined, requestId });
    },
  };
}

function signatureChecker({ clock, signingKey }: WireOptions): SignatureChecker {
  if (clock === undefined || signingKey === undefined) {
    throw new TypeError("verifySignatures needs a clock and signingKey");
  }
  return createSignatureChecker({ nowMs: () => clock.nowMs(), signingKey });
}

const UNCHECKED: Validator = { validate: () => undefined };

interface LoadedService {
  readonly model: ServiceModel;
  readonly validator: Validator;
}

async function loadService(
  name: SigningName,
  load: SchemaLoader,
  isChecked: boolean,
): Promise<LoadedService> {
  // The schemas' machinery takes 10 ms to load: the cloud is ready before the first request needs it.
  const { loadServiceModel } = await import("../model/service-model.ts");
  const constraints = await loadConstraints(name);
  return {
    model: await loadServiceModel(name, load, constraints.integers),
    validator: isChecked ? createValidator(name, constraints) : UNCHECKED,
  };
}

function decodeCall(
  { model, validator }: LoadedService,
  request: WireRequest,
  caller: { readonly region: string; readonly accessKeyId: string },
): Decoded {
  const name = protocolOf(model.name, request);
  const spoken = protocol(name);
  try {
    if (request.bodyFault !== undefined) throw request.bodyFault;
    const found = spoken.find(model, request);
    if (found.kind === "unknown") throw notImplemented(model.name, found.named);
    const { operation } = found;
    const input = spoken.read(found, request);
    const violation = validator.validate(operation, input);
    if (violation !== undefined) throw violation;
    return {
      kind: "call",
      service: model.name,
      operation: operation.name,
      protocol: name,
      input,
      ...caller,
      encode: (output, requestId) => spoken.write(operation, output, { model, requestId }),
      encodeError: (error, requestId) =>
        spoken.writeFailure(failureOf(error, model, isQuery(name)), { model, requestId }),
    };
  } catch (error) {
    if (error instanceof AwsError) return refuse(name, error, model);
    // Only an input nested without end overflows the stack here.
    if (error instanceof RangeError) return refuse(name, NESTED_TOO_DEEPLY, model);
    throw error;
  }
}

const NESTED_TOO_DEEPLY = serializationFault("The request body nests too deeply.");

function refuse(name: ProtocolName, error: AwsError, model: ServiceModel | undefined): Decoded {
  const failure = failureOf(error, model, isQuery(name));
  return {
    kind: "refused",
    answer: (requestId) => protocol(name).writeFailure(failure, { model, requestId }),
  };
}

function isQuery(name: ProtocolName): boolean {
  return name === "awsQuery" || name === "ec2Query";
}
