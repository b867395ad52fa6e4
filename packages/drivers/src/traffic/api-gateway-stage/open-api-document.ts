import { RolloutError } from "@headgate/core";
import { readFile } from "node:fs/promises";

/** The largest document that an import takes. Source: AWS docs, limits ("API definition import size"). */
const DOCUMENT_MAX_BYTES = 6 * 1024 * 1024;

export interface OpenApiDocument {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Reads the file and sees to it that it can be such a document: what is wrong inside it API Gateway says when
 * it is imported, and then it has changed nothing.
 * @throws {RolloutError} REVISION_NOT_FOUND, REVISION_INVALID.
 */
export async function readOpenApiDocument(path: string): Promise<OpenApiDocument> {
  const bytes = await bytesOf(path);
  if (bytes.byteLength > DOCUMENT_MAX_BYTES) {
    throw invalid(
      path,
      `it has ${bytes.byteLength} bytes; API Gateway takes at most ${DOCUMENT_MAX_BYTES}`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid(path, "it is no text in UTF-8");
  }
  if (text.trimStart().startsWith("{")) mustBeJson(path, text);
  if (!/["']?(?:openapi|swagger)["']?\s*:/.test(text)) {
    throw invalid(path, 'it has no "openapi" and no "swagger", which say what version it is of');
  }
  if (!/["']?x-amazon-apigateway-integration["']?\s*:/.test(text)) {
    throw invalid(
      path,
      'none of its methods has an "x-amazon-apigateway-integration", so nothing can be deployed',
    );
  }
  return { bytes, text };
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const what = code === "ENOENT" ? "there is no file" : `cannot read (${code})`;
    throw new RolloutError("REVISION_NOT_FOUND", `${what} ${path}`, {
      hint: "Correct revision.openApi; its path begins at the folder of headgate.yaml.",
      cause,
    });
  }
}

function mustBeJson(path: string, text: string): void {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw invalid(path, `it is no JSON: ${cause instanceof Error ? cause.message : "unreadable"}`);
  }
}

function invalid(path: string, what: string): RolloutError {
  return new RolloutError("REVISION_INVALID", `${path} cannot be deployed: ${what}`, {
    hint: "Export what runs now to compare: aws apigateway get-export --parameters extensions=integrations ...",
  });
}
