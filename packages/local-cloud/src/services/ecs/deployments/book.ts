import type { Cloud } from "../../../service.ts";
import type { PlaceState, ServiceDeploymentRow, ServiceRow } from "../state.ts";
import { isOver, type Progress, progressTable } from "./progress.ts";

/** A deployment under way, as it is stored. */
export interface Underway {
  readonly state: PlaceState;
  readonly row: ServiceDeploymentRow;
  readonly progress: Progress;
  readonly service: ServiceRow;
}

/** Reads and writes what is stored of deployments with two revisions. */
export class Book {
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Undefined when it is over, is a ROLLING one, or its service is gone. */
  open(state: PlaceState, arn: string): Underway | undefined {
    const row = state.serviceDeployments.get(arn);
    const progress = this.progress(state, arn);
    if (row === undefined || progress === undefined || isOver(row)) return undefined;
    const service = state.services(row.clusterName).get(row.serviceName);
    return service && { state, row, progress, service };
  }

  progress(state: PlaceState, arn: string): Progress | undefined {
    return progressTable(this.#cloud, state).get(arn);
  }

  setProgress(state: PlaceState, progress: Progress): void {
    progressTable(this.#cloud, state).set(progress.arn, progress);
  }

  /** Both at once: a deployment is never half a step further. */
  change(
    { state, row: { arn } }: Pick<Underway, "state" | "row">,
    change: { readonly row?: Partial<ServiceDeploymentRow>; readonly progress?: Partial<Progress> },
  ): void {
    this.#cloud.store.transaction(() => {
      const row = state.serviceDeployments.get(arn);
      const progress = this.progress(state, arn);
      if (row !== undefined && change.row !== undefined) {
        const updatedAtMs = this.#cloud.clock.nowMs();
        state.serviceDeployments.set(arn, { ...row, ...change.row, updatedAtMs });
      }
      if (progress !== undefined && change.progress !== undefined) {
        this.setProgress(state, { ...progress, ...change.progress });
      }
    });
  }

  /** Every one under way in a place. */
  *all(state: PlaceState): Iterable<Underway> {
    for (const { arn } of state.serviceDeployments.values()) {
      const found = this.open(state, arn);
      if (found !== undefined) yield found;
    }
  }
}
