/**
 * An error that AWS would send: its code, HTTP status and exact text. The wire layer writes it in
 * the protocol of the request. Each service makes its own in `errors.ts`.
 */
export class AwsError extends Error {
  override readonly name = "AwsError";
  /** AWS's code, the error shape's name: "ResourceNotFoundException". */
  readonly code: string;
  /** HTTP status, when the error's shape does not say it. */
  readonly status: number | undefined;
  /** Other members of the error shape: `{ Type: "User" }`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: {
      readonly status?: number | undefined;
      readonly members?: Readonly<Record<string, unknown>> | undefined;
    } = {},
  ) {
    super(message);
    this.code = code;
    this.status = options.status;
    this.members = options.members ?? {};
  }
}
