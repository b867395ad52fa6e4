import {
  emptyUpload,
  layerExists,
  layerInaccessible,
  partTooSmall,
  uploadNotFound,
  wrongLayer,
  wrongPart,
} from "../errors.ts";
import { UploadBusyError } from "../layers/uploads.ts";
import { LAYER_PART_BYTES, LAYER_PART_MIN_BYTES } from "../limits.ts";
import { type EcrParts, placeOf } from "../parts.ts";
import type { EcrHandlers } from "../sdk.ts";
import { type PlaceState, type RepositoryRow, requireRepository } from "../state.ts";

export function layerOperations(parts: EcrParts) {
  const { cloud, uploads } = parts;
  const requireUpload = (state: PlaceState, row: RepositoryRow, uploadId = "") => {
    const upload = uploads.find(state.place, row.name, uploadId);
    if (upload === undefined) throw uploadNotFound(row, uploadId);
    return upload;
  };
  return {
    BatchCheckLayerAvailability(input, context) {
      const state = placeOf(parts, context, input);
      const { name } = requireRepository(state, input.repositoryName);
      const wanted = input.layerDigests ?? [];
      const digests = wanted.filter((digest) => /^[\w+.-]+:[0-9a-fA-F]+$/.test(digest));
      return {
        layers: digests.map((layerDigest) => {
          const layer = state.layers(name).get(layerDigest);
          return {
            layerDigest,
            layerAvailability: layer === undefined ? "UNAVAILABLE" : "AVAILABLE",
            layerSize: layer?.sizeBytes,
          };
        }),
        failures: wanted
          .filter((digest) => !digests.includes(digest))
          .map((layerDigest) => ({
            layerDigest,
            failureCode: "InvalidLayerDigest" as const,
            // Unverified: the text.
            failureReason:
              "Invalid request parameters: layer digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
          })),
      };
    },

    InitiateLayerUpload(input, context) {
      const state = placeOf(parts, context, input);
      const { name } = requireRepository(state, input.repositoryName);
      return { uploadId: uploads.begin(state.place, name).id, partSize: LAYER_PART_BYTES };
    },

    async UploadLayerPart(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const upload = requireUpload(state, row, input.uploadId);
      const bytes = input.layerPartBlob ?? new Uint8Array();
      const { partFirstByte = 0, partLastByte = 0 } = input;
      const isNext = partFirstByte === upload.receivedBytes;
      if (!isNext || partLastByte - partFirstByte + 1 !== bytes.length) {
        throw wrongPart(row, upload.id, upload.receivedBytes);
      }
      try {
        await uploads.append(upload, once(bytes));
      } catch (error) {
        if (!(error instanceof UploadBusyError)) throw error;
        throw wrongPart(row, upload.id, upload.receivedBytes);
      }
      return {
        registryId: row.registryId,
        repositoryName: row.name,
        uploadId: upload.id,
        lastByteReceived: upload.receivedBytes - 1,
      };
    },

    CompleteLayerUpload(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const upload = requireUpload(state, row, input.uploadId);
      if (upload.receivedBytes === 0) throw emptyUpload(upload.id);
      const early = upload.partBytes.slice(0, -1);
      if (early.some((size) => size < LAYER_PART_MIN_BYTES)) {
        throw partTooSmall(LAYER_PART_MIN_BYTES);
      }
      const digest = uploads.digestOf(upload);
      const wanted = input.layerDigests ?? [];
      if (!wanted.includes(digest)) throw wrongLayer(wanted, digest);
      if (state.layers(row.name).has(digest)) {
        uploads.cancel(upload);
        throw layerExists(row, digest);
      }
      uploads.keep(upload);
      state.layers(row.name).set(digest, { digest, sizeBytes: upload.receivedBytes });
      return {
        registryId: row.registryId,
        repositoryName: row.name,
        uploadId: upload.id,
        layerDigest: digest,
      };
    },

    GetDownloadUrlForLayer(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const layerDigest = input.layerDigest ?? "";
      if (!state.layers(row.name).has(layerDigest)) throw layerInaccessible(row, layerDigest);
      const downloadUrl = `${cloud.endpointUrl()}/_aws/ecr-layer/${layerDigest}`;
      return { downloadUrl, layerDigest };
    },
  } satisfies EcrHandlers;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
