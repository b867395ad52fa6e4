import { scanNotFound } from "../errors.ts";
import { type EcrParts, placeOf } from "../parts.ts";
import type { EcrHandlers } from "../sdk.ts";
import { requireImage, requireRepository } from "../state.ts";

/** There is no scanner here, so no image has ever been scanned, and that is what is said. */
export function scanOperations(parts: EcrParts) {
  return {
    DescribeImageScanFindings(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const { digest } = requireImage(state, row, input.imageId ?? {});
      throw scanNotFound(row, digest, input.imageId?.imageTag);
    },
  } satisfies EcrHandlers;
}
