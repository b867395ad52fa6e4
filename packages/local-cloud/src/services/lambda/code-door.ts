import type { IncomingMessage, ServerResponse } from "node:http";
import type { Cloud, DoorMatch } from "../../service.ts";
import type { LambdaState } from "./state.ts";

/** Serves `Code.Location` of GetFunction: the zip of a version, by the SHA-256 of its bytes. */
export function createCodeDoor({ store }: Cloud, lambda: LambdaState) {
  return {
    serve(_request: IncomingMessage, response: ServerResponse, match: DoorMatch): void {
      if (!isCodeOfAVersion(lambda, match.id)) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { "content-type": "application/zip" }).end(store.blobs.get(match.id));
    },
  };
}

/** Blobs of other services, and code that no version has any more, are not given out. */
function isCodeOfAVersion(lambda: LambdaState, sha256Hex: string): boolean {
  return lambda.places().some((state) => {
    const versions = [...state.versions.values()];
    return versions.some(({ configuration }) => configuration.code.sha256Hex === sha256Hex);
  });
}

/** Where the code of a version can be had while the cloud runs. */
export function codeLocation(cloud: Cloud, sha256Hex: string): string {
  return `${cloud.endpointUrl()}/_aws/lambda-code/${sha256Hex}`;
}
