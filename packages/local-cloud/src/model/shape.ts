import { NormalizedSchema } from "@smithy/core/schema";

/** What the SDK takes for a schema, and the traits it finds on one. */
export type SchemaReference = Parameters<typeof NormalizedSchema.of>[0];
export type Traits = ReturnType<NormalizedSchema["getMergedTraits"]>;

/**
 * What the wire layer knows of one AWS data type. Compiled once from the SDK's public schemas, so
 * that reading and writing a request is a plain walk. This is the only module that looks into them.
 */
export type Shape =
  | { readonly kind: "string" | "number" | "integer" | "boolean" | "bigInteger" | "bigDecimal" }
  | { readonly kind: "document" }
  | { readonly kind: "blob"; readonly isStream: boolean }
  | { readonly kind: "timestamp"; readonly format: TimestampFormat | undefined }
  | List
  | Dictionary
  | Structure;

/** "date-time": RFC 3339; "http-date": RFC 7231; "epoch-seconds": a number with milliseconds. */
export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

export interface List {
  readonly kind: "list";
  /** The element's shape, and the traits that name it on the wire. */
  readonly item: Member;
  /** A sparse list keeps its nulls. */
  readonly isSparse: boolean;
}

export interface Dictionary {
  readonly kind: "map";
  readonly key: Member;
  readonly value: Member;
  readonly isSparse: boolean;
}

export interface Structure {
  readonly kind: "structure";
  /** "CreateAliasRequest", without its namespace. */
  readonly name: string;
  readonly namespace: string;
  readonly isUnion: boolean;
  readonly members: readonly Member[];
  /** Members that the model requires; what a request lacks of them is refused. */
  readonly required: readonly string[];
  readonly traits: Traits;
}

export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly traits: Traits;
  /** The element's name in XML and the part's name in a query: `xmlName`, otherwise the name. */
  readonly xmlName: string | undefined;
  readonly isFlattened: boolean;
  readonly isEventStream: boolean;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Shapes refer to themselves, so a shape enters the cache before its parts are compiled. */
const compiled = new WeakMap<object, Shape>();

const NOTHING: Structure = {
  kind: "structure",
  name: "Unit",
  namespace: "smithy.api",
  isUnion: false,
  members: [],
  required: [],
  traits: {},
};

/** Members that are whole numbers, by structure: the SDK's schemas say only "number". */
export type Integers = Readonly<Record<string, readonly string[]>>;

/** The structure behind an operation's input or output, or an error; an empty one for "unit". */
export function structureOf(reference: SchemaReference, integers: Integers): Structure {
  const schema = NormalizedSchema.of(reference);
  if (schema.isUnitSchema()) return NOTHING;
  const shape = compile(schema, integers);
  if (shape.kind !== "structure") {
    throw new TypeError(`expected a structure, got ${schema.getName(true)} (${shape.kind})`);
  }
  return shape;
}

function compile(schema: NormalizedSchema, integers: Integers): Shape {
  const raw: unknown = schema.getSchema();
  if (typeof raw !== "object" || raw === null) return compileFresh(schema, integers, () => {});
  const known = compiled.get(raw);
  if (known !== undefined) return known;
  return compileFresh(schema, integers, (shape) => compiled.set(raw, shape));
}

function compileFresh(
  schema: NormalizedSchema,
  integers: Integers,
  remember: (shape: Shape) => void,
): Shape {
  if (schema.isStructSchema()) return compileStructure(schema, integers, remember);
  if (schema.isListSchema()) {
    const shape = { kind: "list", isSparse: isSparse(schema) } as Mutable<List>;
    remember(shape);
    shape.item = member("member", schema.getValueSchema(), integers);
    return shape;
  }
  if (schema.isMapSchema()) {
    const shape = { kind: "map", isSparse: isSparse(schema) } as Mutable<Dictionary>;
    remember(shape);
    shape.key = member("key", schema.getKeySchema(), integers);
    shape.value = member("value", schema.getValueSchema(), integers);
    return shape;
  }
  return simple(schema);
}

function compileStructure(
  schema: NormalizedSchema,
  integers: Integers,
  remember: (shape: Shape) => void,
): Structure {
  const [namespace = "", name = ""] = (schema.getName(true) ?? "").split("#");
  const members: Member[] = [];
  const shape: Structure = {
    kind: "structure",
    name,
    namespace,
    isUnion: schema.isUnionSchema(),
    members,
    required: requiredNames(schema.getSchema()),
    traits: schema.getOwnTraits(),
  };
  remember(shape);
  for (const [memberName, memberSchema] of schema.structIterator()) {
    const compiledMember = member(memberName, memberSchema, integers);
    const isInteger = integers[name]?.includes(memberName) ?? false;
    members.push(isInteger ? withIntegers(compiledMember) : compiledMember);
  }
  return shape;
}

/** The member with whole numbers, itself or in its lists and maps. */
function withIntegers(of: Member): Member {
  const { shape } = of;
  switch (shape.kind) {
    case "number":
      return { ...of, shape: INTEGER };
    case "list":
      return { ...of, shape: { ...shape, item: withIntegers(shape.item) } };
    case "map":
      return { ...of, shape: { ...shape, value: withIntegers(shape.value) } };
    default:
      return of;
  }
}

/** The seventh entry of a structure's tuple counts the required members, which come first. */
function requiredNames(raw: unknown): readonly string[] {
  if (!Array.isArray(raw)) return [];
  const names: unknown = raw[4];
  const count: unknown = raw[6];
  return Array.isArray(names) && typeof count === "number" ? names.slice(0, count).map(String) : [];
}

function member(name: string, schema: NormalizedSchema, integers: Integers): Member {
  const traits = schema.getMergedTraits();
  const shape = compile(schema, integers);
  // A structure's own xmlName names it where it is the root; a member goes by its own.
  const naming = shape.kind === "structure" ? schema.getMemberTraits() : traits;
  return {
    name,
    shape,
    traits,
    xmlName: naming.xmlName,
    isFlattened: Boolean(traits.xmlFlattened),
    isEventStream: shape.kind === "structure" && schema.isStreaming(),
  };
}

function isSparse(schema: NormalizedSchema): boolean {
  return Boolean(schema.getMergedTraits().sparse);
}

const TIMESTAMP_FORMATS: Readonly<Record<number, TimestampFormat>> = {
  5: "date-time",
  6: "http-date",
  7: "epoch-seconds",
};

function simple(schema: NormalizedSchema): Shape {
  if (schema.isBlobSchema()) return { kind: "blob", isStream: schema.isStreaming() };
  if (schema.isTimestampSchema()) {
    const raw: unknown = schema.getSchema();
    return {
      kind: "timestamp",
      format: typeof raw === "number" ? TIMESTAMP_FORMATS[raw] : undefined,
    };
  }
  if (schema.isBooleanSchema()) return BOOLEAN;
  if (schema.isNumericSchema()) return NUMBER;
  if (schema.isBigIntegerSchema()) return BIG_INTEGER;
  if (schema.isBigDecimalSchema()) return BIG_DECIMAL;
  if (schema.isDocumentSchema()) return DOCUMENT;
  return STRING;
}

const STRING: Shape = { kind: "string" };
const NUMBER: Shape = { kind: "number" };
const INTEGER: Shape = { kind: "integer" };
const BOOLEAN: Shape = { kind: "boolean" };
const BIG_INTEGER: Shape = { kind: "bigInteger" };
const BIG_DECIMAL: Shape = { kind: "bigDecimal" };
const DOCUMENT: Shape = { kind: "document" };
