import type { ReleaseSpec } from "@headgate/core";
import type { Style } from "../terminal/style.ts";

/** In which order a release's targets go, as its file says it. */
export interface ReleaseOrderView {
  readonly name: string;
  readonly shift: ReleaseSpec["shift"];
  /** By target, in their order: those that it waits for. */
  readonly needs: readonly { readonly target: string; readonly needs: readonly string[] }[];
}

export function releaseOrder({ name, shift, members }: ReleaseSpec): ReleaseOrderView {
  return { name, shift, needs: members.map(({ target, needs }) => ({ target, needs })) };
}

export function renderReleaseOrder({ name, shift, needs }: ReleaseOrderView, style: Style): string {
  const parts = needs.map(({ target, needs: others }) =>
    others.length === 0 ? target : `${target} after ${others.join(" and ")}`,
  );
  const how = shift === "together" ? "shifted together" : "in sequence";
  return `${style.bold(name)}  release of ${needs.length} targets, ${how}: ${parts.join(", ")}; all are promoted or none`;
}
