import { createLogUpdate } from "log-update";
import type { Progress } from "../command.ts";

/** Five redraws a second are smooth enough to read and cheap enough for a slow link. */
const REDRAW_EVERY_MS = 200;

/** A live view at the bottom of a terminal, lines that stay above it. */
export function terminalProgress(stream: NodeJS.WriteStream): Progress & { done(): void } {
  const view = createLogUpdate(stream);
  let latest: readonly string[] | undefined;
  let drawnAtMs = 0;
  let pending: NodeJS.Timeout | undefined;
  const draw = () => {
    pending = undefined;
    drawnAtMs = performance.now();
    if (latest !== undefined) view(latest.join("\n"));
  };
  return {
    isLive: true,
    line(text) {
      view.clear();
      stream.write(`${text}\n`);
      if (latest !== undefined) draw();
    },
    live(lines) {
      latest = lines;
      if (pending !== undefined) return;
      const waitMs = drawnAtMs + REDRAW_EVERY_MS - performance.now();
      if (waitMs <= 0) draw();
      else pending = setTimeout(draw, waitMs);
    },
    done() {
      clearTimeout(pending);
      if (latest !== undefined) draw();
      view.done();
    },
  };
}

/** Elsewhere (a pipe, a CI log): one line per event, no redrawing. */
export function plainProgress(stream: NodeJS.WritableStream): Progress & { done(): void } {
  return {
    isLive: false,
    line: (text) => void stream.write(`${text}\n`),
    live: () => undefined,
    done: () => undefined,
  };
}

/** With `--json` only the result is printed. */
export const silentProgress: Progress & { done(): void } = {
  isLive: false,
  line: () => undefined,
  live: () => undefined,
  done: () => undefined,
};
