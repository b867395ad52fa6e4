// Protects state: what was acknowledged is there after a crash, and a refused write changed nothing.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { lockDataDirectory } from "../../src/data-directory.ts";
import { openStore } from "../../src/storage/sqlite-store.ts";
import { type Store, StorageError } from "../../src/storage/store.ts";

const SCOPE = { account: "000000000000", region: "us-east-1", service: "lambda" };

const scratch: string[] = [];
const stores: Store[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  for (const directory of scratch.splice(0)) rmSync(directory, { recursive: true });
});

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "headgate-store-"));
  scratch.push(directory);
  return directory;
}

function open(directory?: string): Store {
  const store = openStore(directory);
  stores.push(store);
  return store;
}

describe("a table", () => {
  it("keeps rows in the order of insertion, and a changed row in its place", () => {
    const table = open().table<number>(SCOPE, "numbers");
    table.set("b", 1);
    table.set("a", 2);
    table.set("b", 3);
    expect([...table.entries()]).toEqual([
      ["b", 3],
      ["a", 2],
    ]);
    expect(table.delete("b")).toBe(true);
    expect(table.delete("b")).toBe(false);
    expect(table.size).toBe(1);
  });

  it("keeps dates and bytes as they are", () => {
    const directory = temporary();
    const row = { at: new Date(5), bytes: new Uint8Array([1, 2]), none: undefined };
    const first = openStore(directory);
    first.table(SCOPE, "rows").set("x", row);
    first.close();
    expect(open(directory).table(SCOPE, "rows").get("x")).toEqual(row);
  });

  it("belongs to one account, region and service", () => {
    const store = open();
    store.table(SCOPE, "t").set("k", 1);
    expect(store.table({ ...SCOPE, account: "111111111111" }, "t").has("k")).toBe(false);
    expect(store.table({ ...SCOPE, region: "eu-west-1" }, "t").has("k")).toBe(false);
    expect(store.scopes("lambda")).toEqual([SCOPE]);
    expect(store.scopes("iam")).toEqual([]);
  });
});

describe("a transaction", () => {
  it("undoes everything when its work throws, in memory and on disk", () => {
    const directory = temporary();
    const store = open(directory);
    const table = store.table<number>(SCOPE, "t");
    table.set("kept", 1);
    const work = () =>
      store.transaction(() => {
        table.set("kept", 2);
        table.set("new", 3);
        table.delete("kept");
        throw new Error("no");
      });
    expect(work).toThrow("no");
    expect([...table.entries()]).toEqual([["kept", 1]]);
    const again = open(directory).table<number>(SCOPE, "t");
    expect([...again.entries()]).toEqual([["kept", 1]]);
  });

  it("joins an outer one", () => {
    const store = open();
    const table = store.table<number>(SCOPE, "t");
    const work = () =>
      store.transaction(() => {
        store.transaction(() => table.set("a", 1));
        throw new Error("outer");
      });
    expect(work).toThrow("outer");
    expect(table.size).toBe(0);
  });
});

describe("a disk that is full", () => {
  it("refuses the write with what to do, and nothing has changed", () => {
    const store = open(temporary());
    const table = store.table<string>(SCOPE, "t");
    table.set("a", "before");
    const pages = Number(store.sqlite.prepare("PRAGMA page_count").get()?.["page_count"]);
    store.sqlite.exec(`PRAGMA max_page_count = ${pages}`);
    const big = "x".repeat(1_000_000);
    expect(() => table.set("b", big)).toThrow(StorageError);
    expect(() => table.set("b", big)).toThrow(/disk is full.*Nothing was changed.*Free some space/);
    expect(() => store.transaction(() => table.set("a", big))).toThrow(StorageError);
    expect([...table.entries()]).toEqual([["a", "before"]]);
    store.sqlite.exec("PRAGMA max_page_count = 1000000");
    table.set("b", "after");
    expect(table.get("b")).toBe("after");
  });
});

describe("a data directory", () => {
  it("that cannot be one is refused by name", () => {
    const file = join(temporary(), "file");
    writeFileSync(file, "");
    expect(() => openStore(file)).toThrow(/cannot open the data directory .*file.*--data-dir/s);
    expect(() => lockDataDirectory(file)).toThrow(StorageError);
  });

  it("is lent to one cloud at a time", () => {
    const directory = temporary();
    const unlock = lockDataDirectory(directory);
    expect(() => lockDataDirectory(directory)).toThrow(/another local cloud/);
    unlock();
    lockDataDirectory(directory)();
  });

  it("keeps what was written by a process that was killed right after", () => {
    const directory = temporary();
    const module = join(import.meta.dirname, "../../src/storage/sqlite-store.ts");
    const script = `
      const { openStore } = await import(${JSON.stringify(module)});
      const table = openStore(${JSON.stringify(directory)}).table(${JSON.stringify(SCOPE)}, "t");
      for (let i = 0; i < 50; i++) table.set("k" + i, i);
      process.kill(process.pid, "SIGKILL");`;
    expect(() =>
      execFileSync(process.execPath, ["--input-type=module", "-e", script], { stdio: "pipe" }),
    ).toThrow(/SIGKILL|Command failed/);
    expect(open(directory).table(SCOPE, "t").size).toBe(50);
  });
});

it("keeps blobs by their content, in memory and on disk", () => {
  for (const store of [open(), open(temporary())]) {
    const name = store.blobs.put(Buffer.from("code"));
    expect(name).toBe("5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b");
    expect(Buffer.from(store.blobs.get(name)).toString()).toBe("code");
    store.reset();
    expect(() => store.blobs.get(name)).toThrow(/no blob|ENOENT/);
  }
});
