/**
 * Mapping templates run on Java at AWS: values print as Java prints them and answer to Java's methods.
 * Source: recorded AWS answer (LocalStack snapshot test_input_path_template_formatting).
 */

/** `{a=1, b=[{"c":2}]}` for a map, JSON for a list, nothing for null and for what is not there. */
export function javaText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return JSON.stringify(value);
  if (isMap(value)) {
    return `{${Object.entries(value)
      .map(([key, member]) => `${key}=${javaText(member)}`)
      .join(", ")}}`;
  }
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  // A function or an object of the engine itself has no text.
  return "";
}

type Method<Receiver> = (receiver: Receiver, args: readonly unknown[]) => unknown;
type JavaMap = Record<string, unknown>;

const STRING_METHODS: Readonly<Record<string, Method<string>>> = {
  length: (text) => text.length,
  isEmpty: (text) => text === "",
  equals: (text, [other]) => text === other,
  equalsIgnoreCase: (text, [other]) => text.toLowerCase() === javaText(other).toLowerCase(),
  contains: (text, [part]) => text.includes(javaText(part)),
  replace: (text, [from, to]) => text.replaceAll(javaText(from), () => javaText(to)),
  replaceAll: (text, [pattern, to]) => text.replace(regex(pattern, "g"), javaText(to)),
  replaceFirst: (text, [pattern, to]) => text.replace(regex(pattern, ""), javaText(to)),
  matches: (text, [pattern]) => regex(`^(?:${javaText(pattern)})$`, "").test(text),
  split: (text, [pattern]) => text.split(regex(pattern, "")),
  toString: (text: string) => text,
};

const LIST_METHODS: Readonly<Record<string, Method<unknown[]>>> = {
  size: (list) => list.length,
  isEmpty: (list) => list.length === 0,
  get: (list, [index]) => list[Number(index)],
  set(list, [index, value]) {
    const before = list[Number(index)];
    list[Number(index)] = value;
    return before;
  },
  add(list, [value]) {
    list.push(value);
    return true;
  },
  addAll(list, [values]) {
    if (Array.isArray(values)) list.push(...(values as unknown[]));
    return true;
  },
  remove: (list, [index]) => list.splice(Number(index), 1)[0],
  contains: (list, [value]) => list.includes(value),
  indexOf: (list, [value]) => list.indexOf(value),
  subList: (list, [from, to]) => list.slice(Number(from), Number(to)),
  toString: (list: unknown[]) => javaText(list),
};

const MAP_METHODS: Readonly<Record<string, Method<JavaMap>>> = {
  size: (map) => Object.keys(map).length,
  isEmpty: (map) => Object.keys(map).length === 0,
  get: (map, [key]) => own(map, key),
  getOrDefault: (map, [key, otherwise]) => own(map, key) ?? otherwise,
  put(map, [key, value]) {
    const before = own(map, key);
    assign(map, javaText(key), value);
    return before;
  },
  putAll(map, [values]) {
    if (isMap(values)) {
      for (const [key, value] of Object.entries(values)) assign(map, key, value);
    }
    return undefined;
  },
  remove(map, [key]) {
    const before = own(map, key);
    delete map[javaText(key)];
    return before;
  },
  containsKey: (map, [key]) => Object.hasOwn(map, javaText(key)),
  containsValue: (map, [value]) => Object.values(map).includes(value),
  keySet: (map) => Object.keys(map),
  values: (map) => Object.values(map),
  entrySet: (map) => Object.entries(map).map(([key, value]) => ({ key, value })),
  toString: (map: JavaMap) => javaText(map),
};

/** The method of Java's own type that `value` answers to, ready to call. */
export function javaMethod(
  value: unknown,
  name: string,
): ((args: readonly unknown[]) => unknown) | undefined {
  if (typeof value === "string") return bound(STRING_METHODS, value, name);
  if (Array.isArray(value)) return bound(LIST_METHODS, value as unknown[], name);
  if (isMap(value)) return bound(MAP_METHODS, value, name);
  if (name === "toString") return () => javaText(value);
  return undefined;
}

function bound<Receiver>(
  methods: Readonly<Record<string, Method<Receiver>>>,
  receiver: Receiver,
  name: string,
): ((args: readonly unknown[]) => unknown) | undefined {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  return method && ((args) => method(receiver, args));
}

/** Plain data. `$input` and `$util` are classes, so their members are their own. */
function isMap(value: unknown): value is JavaMap {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function own(map: JavaMap, key: unknown): unknown {
  const name = javaText(key);
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/** A key of the client's choice must not reach a prototype. */
function assign(map: JavaMap, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}

function regex(pattern: unknown, flags: string): RegExp {
  return new RegExp(javaText(pattern), flags);
}
