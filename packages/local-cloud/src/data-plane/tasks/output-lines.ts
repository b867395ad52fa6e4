import { StringDecoder } from "node:string_decoder";

/** A longer line becomes several, bytes. Source: AWS docs, PutLogEvents (the longest log event). */
const LINE_BYTES_MAX = 256 * 1024 - 26;

/** Cuts one stream of output into lines. What is not a whole line comes at the end. */
export class OutputLines {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  #line = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    const text = this.#line + this.#decoder.write(chunk);
    let from = 0;
    for (let to = text.indexOf("\n"); to !== -1; to = text.indexOf("\n", from)) {
      this.#tell(text.slice(from, to).replace(/\r$/, ""));
      from = to + 1;
    }
    this.#line = text.slice(from);
    if (this.#line.length > LINE_BYTES_MAX) this.#tellAllBut(LINE_BYTES_MAX);
  }

  end(): void {
    this.#line += this.#decoder.end();
    if (this.#line !== "") this.#tell(this.#line);
    this.#line = "";
  }

  /** What is left stays below the limit: the line may go on. */
  #tellAllBut(limit: number): void {
    const parts = [...cut(this.#line, limit)];
    this.#line = parts.pop() ?? "";
    for (const part of parts) this.#onLine(part);
  }

  #tell(line: string): void {
    for (const part of cut(line, LINE_BYTES_MAX)) this.#onLine(part);
  }
}

/** Parts of at most `limit` bytes of UTF-8, never cut inside a character. */
function* cut(text: string, limit: number): Generator<string> {
  // Most lines are far below the limit: a UTF-16 unit is at most three bytes.
  if (text.length * 3 <= limit) return yield text;
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length;) {
    let end = Math.min(start + limit, bytes.length);
    while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
    yield bytes.toString("utf8", start, end);
    start = end;
  }
}
