import type { Scheduled } from "../../../clock.ts";
import { listsWith, removeImage } from "../images.ts";
import { EXPIRY_EVERY_MS } from "../limits.ts";
import type { EcrParts } from "../parts.ts";
import { type PlaceState, type RepositoryRow, tagsByDigest } from "../state.ts";
import { type Candidate, expiredImages } from "./expiry.ts";
import { parsePolicy } from "./policy.ts";

export interface ExpirySchedule {
  /** Makes sure that policies are looked at. Called when there may be a first one. */
  start(): void;
  close(): void;
}

/** Carries out the lifecycle policies of all repositories, every hour of the cloud's clock. */
export function createExpirySchedule(parts: EcrParts): ExpirySchedule {
  const { clock } = parts.cloud;
  let next: Scheduled | undefined;
  const arm = () => {
    next = clock.schedule(clock.nowMs() + EXPIRY_EVERY_MS, () => {
      next = undefined;
      if (expireAll(parts)) arm();
    });
  };
  return {
    start() {
      if (next === undefined) arm();
    },
    close: () => next?.cancel(),
  };
}

/** Returns whether any repository has a policy: without one there is nothing to come back for. */
function expireAll(parts: EcrParts): boolean {
  let hasPolicies = false;
  for (const state of parts.ecr.places()) {
    for (const row of state.repositories.values()) {
      if (row.lifecycle === undefined) continue;
      hasPolicies = true;
      expire(parts, state, row, row.lifecycle.text);
    }
  }
  return hasPolicies;
}

function expire(parts: EcrParts, state: PlaceState, row: RepositoryRow, text: string): void {
  const nowMs = parts.cloud.clock.nowMs();
  for (const { image } of expiredImages(parsePolicy(text), candidates(state, row.name), nowMs)) {
    const stored = state.images(row.name).get(image.digest);
    // A part of an index stays as long as the index does.
    const isFree = listsWith(state, row.name, image.digest).length === 0;
    if (stored !== undefined && isFree) removeImage(parts, state, row.name, stored);
  }
  const lifecycle = { text, lastEvaluatedAtMs: nowMs };
  state.repositories.set(row.name, { ...row, lifecycle });
}

/** Parts of an index are not counted by themselves: they come and go with it. */
export function candidates(state: PlaceState, repository: string): Candidate[] {
  const tags = tagsByDigest(state, repository);
  const images = [...state.images(repository).values()];
  const parts = new Set(images.flatMap(({ manifest }) => manifest.children));
  return images
    .filter(({ digest }) => !parts.has(digest))
    .map(({ digest, pushedAtMs }) => ({ digest, pushedAtMs, tags: tags.get(digest) ?? [] }));
}
