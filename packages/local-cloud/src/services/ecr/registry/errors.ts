import { AwsError } from "../../../aws-error.ts";

/** Codes of the OCI distribution spec 1.1, and two of Docker's registry. */
export type RegistryCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "PAGINATION_NUMBER_INVALID"
  | "RANGE_INVALID"
  | "SIZE_INVALID"
  | "TAG_INVALID"
  | "TOOMANYREQUESTS"
  | "UNSUPPORTED";

/** A refusal in the registry's own form: `{"errors":[{"code","message"}]}`. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly status: number;
  readonly code: RegistryCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: RegistryCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/**
 * How AWS's own errors are called by the registry.
 * Source: NAME_UNKNOWN and TAG_INVALID from AWS answers quoted in aws/containers-roadmap#862 and
 * osscontainertools/kaniko#204; the others are the spec's words for the same. Unverified: their statuses.
 */
const CODES: Readonly<Record<string, readonly [number, RegistryCode]>> = {
  RepositoryNotFoundException: [404, "NAME_UNKNOWN"],
  ImageTagAlreadyExistsException: [400, "TAG_INVALID"],
  ImageDigestDoesNotMatchException: [400, "DIGEST_INVALID"],
  LayersNotFoundException: [404, "MANIFEST_BLOB_UNKNOWN"],
  ReferencedImagesNotFoundException: [404, "MANIFEST_BLOB_UNKNOWN"],
  InvalidParameterException: [400, "MANIFEST_INVALID"],
  LimitExceededException: [429, "TOOMANYREQUESTS"],
};

/** Undefined for what is no refusal: a bug, or a disk. */
export function registryErrorOf(error: unknown): RegistryError | undefined {
  if (error instanceof RegistryError) return error;
  if (!(error instanceof AwsError)) return undefined;
  const [status, code] = CODES[error.code] ?? [400, "UNSUPPORTED"];
  return new RegistryError(status, code, error.message);
}

/** Source: the text that docker shows ("manifest unknown: Requested image not found"). */
export const manifestUnknown = () =>
  new RegistryError(404, "MANIFEST_UNKNOWN", "Requested image not found");

/** Unverified: the text. */
export const blobUnknown = (digest: string) =>
  new RegistryError(404, "BLOB_UNKNOWN", `blob ${digest} is unknown to the repository`);

export const digestInvalid = (digest: string) =>
  new RegistryError(
    400,
    "DIGEST_INVALID",
    `${JSON.stringify(digest)} is not a digest: sha256: and 64 hexadecimal digits`,
  );

/** @param allowed "GET and HEAD" */
export const wrongMethod = (method: string | undefined, allowed: string) =>
  new RegistryError(405, "UNSUPPORTED", `${method} is not taken here, only ${allowed}`);

/** Source: the registry of AWS takes no deletes; images go by BatchDeleteImage. The text is ours. */
export const noDeletes = () =>
  new RegistryError(
    405,
    "UNSUPPORTED",
    "The registry does not delete. Use `aws ecr batch-delete-image`.",
  );
