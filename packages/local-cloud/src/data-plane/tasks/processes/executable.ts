import { type FileHandle, open } from "node:fs/promises";
import { endianness } from "node:os";

/** What kind of program a file is. */
export type Executable =
  /** Brings everything it needs, and is for this machine's processor. */
  | { readonly kind: "static" }
  /** Wants libraries; `interpreter` is the loader that finds them. */
  | { readonly kind: "dynamic"; readonly interpreter: string }
  /** The interpreter and its options. */
  | { readonly kind: "script"; readonly interpreter: readonly string[] }
  /** For another processor or system. */
  | { readonly kind: "other" };

const HEAD_BYTES = 4096;
const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const ELF_64_BITS = 2;
const PROGRAM_INTERPRETER = 3;
const INTERPRETER_BYTES_MAX = 4096;
/** Source: ELF's e_machine. */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183, riscv64: 243 };

/** Reads the first bytes of a program. */
export async function executableOf(path: string): Promise<Executable> {
  const file = await open(path, "r");
  try {
    const head = await read(file, 0, HEAD_BYTES);
    if (head.subarray(0, 2).toString("latin1") === "#!") return scriptOf(head);
    return head.subarray(0, 4).equals(ELF_MAGIC) ? await elfOf(file, head) : { kind: "other" };
  } finally {
    await file.close();
  }
}

/** `#!/usr/bin/env -S node --flag` is `node --flag`, as env reads it. */
function scriptOf(head: Buffer): Executable {
  const line = head.toString("utf8", 2).split("\n", 1)[0]?.trim() ?? "";
  const words = line.split(/\s+/).filter((word) => word !== "");
  const isEnv = /(^|\/)env$/.test(words[0] ?? "");
  const interpreter = isEnv ? words.slice(words[1] === "-S" ? 2 : 1) : words;
  return interpreter.length === 0 ? { kind: "other" } : { kind: "script", interpreter };
}

/** Source: the ELF-64 object file format, "ELF Header" and "Program Header". */
async function elfOf(file: FileHandle, head: Buffer): Promise<Executable> {
  const isForUs =
    process.platform === "linux" &&
    endianness() === "LE" &&
    head.length >= 64 &&
    head[4] === ELF_64_BITS &&
    head.readUInt16LE(18) === MACHINES[process.arch];
  if (!isForUs) return { kind: "other" };
  const offset = Number(head.readBigUInt64LE(32));
  const size = head.readUInt16LE(54);
  const count = head.readUInt16LE(56);
  const headers = await read(file, offset, size * count);
  for (let index = 0; index < count; index++) {
    const at = index * size;
    if (at + 56 > headers.length) break;
    if (headers.readUInt32LE(at) !== PROGRAM_INTERPRETER) continue;
    const where = Number(headers.readBigUInt64LE(at + 8));
    const bytes = Math.min(Number(headers.readBigUInt64LE(at + 32)), INTERPRETER_BYTES_MAX);
    const text = (await read(file, where, bytes)).toString("utf8");
    return { kind: "dynamic", interpreter: text.replace(/\0.*$/s, "") };
  }
  return { kind: "static" };
}

async function read(file: FileHandle, position: number, count: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(count), 0, count, position);
  return buffer.subarray(0, bytesRead);
}
