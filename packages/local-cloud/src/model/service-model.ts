import { queryErrorOf } from "./query-error.ts";
import { PROTOCOLS, type ServiceProtocol, type SigningName } from "./protocols.ts";
import type { SchemaLoader } from "./sdk.ts";
import {
  type Integers,
  structureOf,
  type SchemaReference,
  type Structure,
  type Traits,
} from "./shape.ts";

/** One operation, with its shapes compiled when first asked for. */
export interface Operation {
  readonly service: SigningName;
  readonly name: string;
  /** Method, path template and status; only REST protocols use it. */
  readonly http: HttpTrait | undefined;
  readonly input: Structure;
  readonly output: Structure;
}

interface HttpTrait {
  readonly method: string;
  /** "/2015-03-31/functions/{FunctionName}/aliases?x=y" */
  readonly uri: string;
  readonly status: number;
}

export interface ServiceModel {
  readonly name: SigningName;
  readonly protocol: ServiceProtocol;
  /** "com.amazonaws.lambda": stands before an error's name in some protocols. */
  readonly namespace: string;
  readonly operations: ReadonlyMap<string, Operation>;
  /** Error shapes by name and by query code; the name wins where they collide. */
  error(code: string): Structure | undefined;
}

const OPERATION = 9;
const ERROR = -3;

/** Reads operations and errors out of an SDK client's exports: tuples that say what they are. */
export async function loadServiceModel(
  name: SigningName,
  load: SchemaLoader,
  integers: Integers,
): Promise<ServiceModel> {
  const operations = new Map<string, Operation>();
  const errors = new Map<string, SchemaReference>();
  let namespace = "";
  const errorsByQueryCode = new Map<string, SchemaReference>();
  for (const schema of Object.values(await load())) {
    if (!isStaticSchema(schema)) continue;
    if (schema[0] === OPERATION) {
      namespace = schema[1];
      operations.set(schema[2], operation(name, schema, integers));
    }
    if (schema[0] !== ERROR) continue;
    errors.set(schema[2], schema as SchemaReference);
    const queryError = queryErrorOf(traitsOf(schema));
    if (queryError !== undefined) errorsByQueryCode.set(queryError.code, schema as SchemaReference);
  }
  return {
    name,
    protocol: PROTOCOLS[name],
    namespace,
    operations,
    error(code) {
      const schema = errors.get(code) ?? errorsByQueryCode.get(code);
      return schema === undefined ? undefined : structureOf(schema, integers);
    },
  };
}

/** `[kind, namespace, name, traits, ...]`; an operation has its input and output at 4 and 5. */
type StaticSchema = readonly [number, string, string, unknown, ...unknown[]];

function isStaticSchema(value: unknown): value is StaticSchema {
  return Array.isArray(value) && typeof value[0] === "number" && typeof value[2] === "string";
}

function traitsOf(schema: StaticSchema): Traits {
  const traits = schema[3];
  return typeof traits === "object" && traits !== null ? (traits as Traits) : {};
}

function operation(service: SigningName, schema: StaticSchema, integers: Integers): Operation {
  let input: Structure | undefined;
  let output: Structure | undefined;
  const http = traitsOf(schema).http;
  return {
    service,
    name: schema[2],
    http: http && { method: http[0], uri: http[1], status: http[2] },
    get input() {
      return (input ??= structureOf(schema[4] as SchemaReference, integers));
    },
    get output() {
      return (output ??= structureOf(schema[5] as SchemaReference, integers));
    },
  };
}
