import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";

/** SHA-256, or its HMAC with a secret, in the form that the SDK's signer wants. */
export class Sha256 {
  readonly #secret: Data | undefined;
  #hash: Hash | Hmac;
  constructor(secret?: Data) {
    this.#secret = secret;
    this.#hash = Sha256.#start(secret);
  }
  static #start(secret: Data | undefined): Hash | Hmac {
    return secret === undefined ? createHash("sha256") : createHmac("sha256", bytesOf(secret));
  }
  update(data: Data): void {
    this.#hash.update(bytesOf(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    this.#hash = Sha256.#start(this.#secret);
  }
}

type Data = string | ArrayBuffer | ArrayBufferView;

function bytesOf(data: Data): Uint8Array {
  if (typeof data === "string") return Buffer.from(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
