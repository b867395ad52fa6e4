/** The head of a target's answer. */
export interface AnswerHead {
  readonly status: number;
  /** Name, value, name, value, ... as they came, without those that belong to the connection. */
  readonly headers: readonly string[];
  /** Bytes of the body when the head says so; undefined where chunks or the end of the connection say it. */
  readonly length: number | undefined;
  /** Whether the connection can carry another request. */
  readonly isKept: boolean;
  /** For how long the target says it keeps the connection, seconds. */
  readonly keptSeconds: number | undefined;
}

/** Who is told what an answer consists of, in this order; nothing after `end`. */
export interface AnswerReader {
  head(head: AnswerHead): void;
  data(chunk: Buffer): void;
  end(): void;
}

/** What a target sent is not an answer. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
}

/** Of a whole answer. Source: AWS docs, "HTTP header limits". */
const HEAD_MAX_BYTES = 32 * 1024;
/** A chunk's size and what may stand behind it. Ours. */
const SIZE_LINE_MAX_BYTES = 1024;

type State = "head" | "length" | "size" | "chunk" | "chunkEnd" | "trailers" | "untilClose" | "done";

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Reads the one answer to one request from the bytes of a connection, however they are cut. Strict: what two
 * readers might read in two ways is refused. Source: RFC 9112, 4 to 7.
 */
export class AnswerParser {
  readonly #reader: AnswerReader;
  readonly #method: string;
  #state: State = "head";
  /** What is not a whole head or line yet. */
  #pending = NOTHING;
  /** Bytes of the body or chunk that are still to come. */
  #left = 0;
  #trailerBytes = 0;

  constructor(reader: AnswerReader, method: string) {
    this.#reader = reader;
    this.#method = method;
  }

  /** @throws {MalformedAnswer} also for bytes after the end. */
  feed(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) rest = this.#step(rest);
  }

  /**
   * The target has closed its side.
   * @returns whether the answer is whole with that.
   */
  close(): boolean {
    if (this.#state === "untilClose") this.#finish();
    return this.#state === "done";
  }

  /** @returns what belongs to the next step. */
  #step(bytes: Buffer): Buffer {
    switch (this.#state) {
      case "head":
        return this.#readHead(bytes);
      case "length":
      case "chunk":
        return this.#readCounted(bytes);
      case "size":
        return this.#readLine(bytes, SIZE_LINE_MAX_BYTES, (line) => this.#readSize(line));
      case "chunkEnd":
        return this.#readLine(bytes, 2, (line) => {
          if (line !== "") throw new MalformedAnswer("a chunk is longer than its size");
          this.#state = "size";
        });
      case "trailers":
        return this.#readLine(bytes, HEAD_MAX_BYTES, (line) => this.#readTrailer(line));
      case "untilClose":
        this.#reader.data(bytes);
        return NOTHING;
      case "done":
        throw new MalformedAnswer("there are bytes after the end of the answer");
      default:
        return this.#state satisfies never;
    }
  }

  #readHead(bytes: Buffer): Buffer {
    const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const end = all.indexOf("\r\n\r\n", 0, "latin1");
    if (end > HEAD_MAX_BYTES || (end < 0 && all.length > HEAD_MAX_BYTES)) {
      throw new MalformedAnswer(`its headers have more than ${HEAD_MAX_BYTES} bytes`);
    }
    if (end < 0) {
      this.#pending = all;
      return NOTHING;
    }
    this.#pending = NOTHING;
    const rest = all.subarray(end + 4);
    const head = readHead(all.toString("latin1", 0, end));
    // Interim answers are not passed on; a switch of protocols was not asked for.
    if (head.status === 101) throw new MalformedAnswer("it switches protocols unasked");
    if (head.status < 200) return rest;
    this.#reader.head(head);
    const isBodiless = this.#method === "HEAD" || head.status === 204 || head.status === 304;
    if (isBodiless || head.length === 0) this.#finish();
    else if (head.isChunked) this.#state = "size";
    else if (head.length === undefined) this.#state = "untilClose";
    else {
      this.#state = "length";
      this.#left = head.length;
    }
    return rest;
  }

  #readCounted(bytes: Buffer): Buffer {
    const taken = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    this.#left -= taken.length;
    this.#reader.data(taken);
    if (this.#left === 0) {
      if (this.#state === "chunk") this.#state = "chunkEnd";
      else this.#finish();
    }
    return bytes.subarray(taken.length);
  }

  #readLine(bytes: Buffer, most: number, use: (line: string) => void): Buffer {
    const all = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const end = all.indexOf("\r\n", 0, "latin1");
    if (end > most || (end < 0 && all.length > most)) {
      throw new MalformedAnswer(`a line of its body's framing has more than ${most} bytes`);
    }
    if (end < 0) {
      this.#pending = all;
      return NOTHING;
    }
    this.#pending = NOTHING;
    use(all.toString("latin1", 0, end));
    return all.subarray(end + 2);
  }

  #readSize(line: string): void {
    const size = /^([0-9a-fA-F]{1,12})[\t ]*(?:;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw new MalformedAnswer(`a chunk's size is ${JSON.stringify(line)}`);
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailers" : "chunk";
  }

  #readTrailer(line: string): void {
    this.#trailerBytes += line.length + 2;
    if (this.#trailerBytes > HEAD_MAX_BYTES) throw new MalformedAnswer("its trailers are too long");
    if (line === "") this.#finish();
  }

  #finish(): void {
    this.#state = "done";
    this.#reader.end();
  }
}

/** @throws {MalformedAnswer} */
function readHead(text: string): AnswerHead & { readonly isChunked: boolean } {
  const [statusLine = "", ...lines] = text.split("\r\n");
  const found = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(statusLine);
  if (found === null)
    throw new MalformedAnswer(`it begins ${JSON.stringify(statusLine.slice(0, 80))}`);
  let isKept = found[1] === "1";
  let length: number | undefined;
  let isChunked = false;
  let keptSeconds: number | undefined;
  const headers: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).trim();
    if (!NAME.test(name) || !VALUE.test(value)) {
      throw new MalformedAnswer(`it has the header line ${JSON.stringify(line.slice(0, 80))}`);
    }
    switch (name.toLowerCase()) {
      case "content-length":
        if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== Number(value))) {
          throw new MalformedAnswer(`its length is ${JSON.stringify(value)}`);
        }
        if (length === undefined) headers.push(name, value);
        length = Number(value);
        break;
      case "transfer-encoding":
        if (value.toLowerCase() !== "chunked" || isChunked) {
          throw new MalformedAnswer(`its transfer encoding is ${JSON.stringify(value)}`);
        }
        isChunked = true;
        break;
      case "connection":
        if (/\bclose\b/i.test(value)) isKept = false;
        else if (/\bkeep-alive\b/i.test(value)) isKept = true;
        break;
      case "keep-alive":
        keptSeconds = Number(/\btimeout=(\d{1,9})\b/i.exec(value)?.[1] ?? Number.NaN);
        break;
      case "proxy-authenticate":
      case "proxy-connection":
      case "trailer":
      case "upgrade":
        break;
      default:
        headers.push(name, value);
    }
  }
  if (isChunked && length !== undefined) {
    throw new MalformedAnswer("it has both a length and a transfer encoding");
  }
  return {
    status: Number(found[2]),
    headers,
    length,
    isChunked,
    isKept: isKept && (isChunked || length !== undefined || isBodilessStatus(found[2])),
    keptSeconds: Number.isNaN(keptSeconds) ? undefined : keptSeconds,
  };
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function isBodilessStatus(status: string | undefined): boolean {
  return status === "204" || status === "304";
}
