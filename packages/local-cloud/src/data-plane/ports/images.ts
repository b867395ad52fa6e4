import type { Readable } from "node:stream";
import type { Place } from "../../telemetry/metric-sink.ts";

/** An image that can be run: its manifest is that of one platform. */
export interface StoredImage {
  /** Of the manifest: "sha256:..." */
  readonly digest: string;
  /** The bytes of the image's configuration, an OCI (or Docker) JSON document. */
  config(): Promise<Buffer>;
  /** From the lowest to the uppermost. */
  readonly layers: readonly {
    readonly digest: string;
    /** "application/vnd.oci.image.layer.v1.tar+gzip", ... */
    readonly mediaType: string;
    /** As it is stored, compressed or not. */
    readonly sizeBytes: number;
    open(): Readable;
  }[];
}

/** Container images in the registry, for services that run them. */
export interface ImagePort {
  /**
   * Finds an image by the reference that a task definition has: "ACCOUNT.dkr.ecr.REGION.amazonaws.com/web:1",
   * the cloud's own host and port in its place, or with "@sha256:...". Of an image index the entry for this
   * machine (or else the first) is taken. A pull counts as one.
   *
   * `foreign`: the reference's host is not this registry; a container engine may have it, the cloud has not.
   */
  find(
    place: Place,
    reference: string,
  ):
    | { readonly kind: "found"; readonly image: StoredImage }
    | { readonly kind: "repositoryMissing" | "imageMissing" | "foreign" };
  /** The ARN of the repository that a reference names, whether it is there or not; undefined for a foreign one. */
  repositoryArn(place: Place, reference: string): string | undefined;
}
