import { createHash, type Hash } from "node:crypto";
import { rmSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { limitExceeded } from "../errors.ts";
import { LAYER_MAX_BYTES, UPLOAD_KEPT_MS, UPLOADS_MAX } from "../limits.ts";
import type { LayerStore } from "./layer-store.ts";

/** A layer on its way in. Lives in memory and in scratch: a restart forgets it, as AWS may. */
export interface Upload {
  readonly id: string;
  readonly place: Place;
  readonly repository: string;
  /** Whole and hashed. */
  receivedBytes: number;
  /** Sizes of the parts, for the API's rule on small ones. */
  readonly partBytes: number[];
}

/** More bytes than a layer may have. */
export class LayerTooLargeError extends Error {
  override readonly name = "LayerTooLargeError";
}

/** Two requests write to one upload at the same time. */
export class UploadBusyError extends Error {
  override readonly name = "UploadBusyError";
}

interface Session extends Upload {
  readonly path: string;
  readonly hash: Hash;
  lastUsedMs: number;
  isBusy: boolean;
}

export interface Uploads {
  begin(place: Place, repository: string): Upload;
  find(place: Place, repository: string, id: string): Upload | undefined;
  /**
   * Writes bytes as they come. Where the sender goes away or the disk refuses, what was written whole
   * stays, and the sender may go on from there.
   * @throws {LayerTooLargeError | UploadBusyError}
   */
  append(upload: Upload, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  digestOf(upload: Upload): string;
  /** Makes it a layer, and ends it. */
  keep(upload: Upload): void;
  /** Forgets it and its bytes. */
  cancel(upload: Upload): void;
}

export function createUploads({ clock, random }: Cloud, layers: LayerStore): Uploads {
  const sessions = new Map<string, Session>();

  const cancel = ({ id }: Upload) => {
    const session = sessions.get(id);
    if (session === undefined) return;
    sessions.delete(id);
    rmSync(session.path, { force: true });
  };
  const cancelAbandoned = () => {
    const sinceMs = clock.nowMs() - UPLOAD_KEPT_MS;
    for (const session of sessions.values()) {
      if (!session.isBusy && session.lastUsedMs < sinceMs) cancel(session);
    }
  };
  const sessionOf = ({ id }: Upload): Session => {
    const session = sessions.get(id);
    if (session === undefined) throw new UploadBusyError("the upload has ended meanwhile");
    if (session.isBusy) throw new UploadBusyError("another request writes to this upload");
    return session;
  };

  return {
    begin(place, repository) {
      cancelAbandoned();
      if (sessions.size >= UPLOADS_MAX) throw limitExceeded("layer uploads at once", UPLOADS_MAX);
      const id = random.uuid();
      const session: Session = {
        id,
        place: { account: place.account, region: place.region },
        repository,
        receivedBytes: 0,
        partBytes: [],
        path: layers.uploadPath(id),
        hash: createHash("sha256"),
        lastUsedMs: clock.nowMs(),
        isBusy: false,
      };
      sessions.set(id, session);
      return session;
    },

    find(place, repository, id) {
      const session = sessions.get(id);
      if (session?.repository !== repository) return undefined;
      const { account, region } = session.place;
      return account === place.account && region === place.region ? session : undefined;
    },

    async append(upload, bytes) {
      const session = sessionOf(upload);
      session.isBusy = true;
      const before = session.receivedBytes;
      try {
        await write(session, bytes);
      } finally {
        session.isBusy = false;
        session.lastUsedMs = clock.nowMs();
        session.partBytes.push(session.receivedBytes - before);
      }
    },

    digestOf: (upload) => `sha256:${sessionOf(upload).hash.copy().digest("hex")}`,

    keep(upload) {
      const session = sessionOf(upload);
      layers.keep(session.path, `sha256:${session.hash.copy().digest("hex")}`);
      sessions.delete(session.id);
    },

    cancel,
  };
}

async function write(session: Session, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(session.path, "a");
  try {
    for await (const chunk of bytes) {
      if (session.receivedBytes + chunk.length > LAYER_MAX_BYTES) {
        throw new LayerTooLargeError(`a layer has at most ${LAYER_MAX_BYTES} bytes`);
      }
      await file.appendFile(chunk);
      session.hash.update(chunk);
      session.receivedBytes += chunk.length;
    }
  } finally {
    // A full disk may have taken half a chunk, which the hash does not know of.
    await file.truncate(session.receivedBytes);
    await file.close();
  }
}
