import type { Progress } from "../command.ts";

/** Five redraws a second are smooth enough to read and cheap enough for a slow link. */
const REDRAW_EVERY_MS = 200;

/** A {@link Progress} that the caller ends; the last view stays on the screen. */
export interface EndingProgress extends Progress {
  done(): void;
}

interface View {
  (text: string): void;
  clear(): void;
  done(): void;
}

/** A live view at the bottom of a terminal, lines that stay above it. */
export function terminalProgress(stream: NodeJS.WriteStream): EndingProgress {
  let view: View | undefined;
  let latest: readonly string[] | undefined;
  let drawnAtMs = 0;
  let pending: NodeJS.Timeout | undefined;
  const draw = () => {
    pending = undefined;
    drawnAtMs = performance.now();
    if (latest !== undefined) view?.(latest.join("\n"));
  };
  // Loaded at the first live view: most commands never draw one, and it would double their start.
  const open = async () => {
    const { createLogUpdate } = await import("log-update");
    view ??= createLogUpdate(stream);
    draw();
  };
  return {
    isLive: true,
    line(text) {
      view?.clear();
      stream.write(`${text}\n`);
      draw();
    },
    live(lines) {
      const first = latest === undefined;
      latest = lines;
      if (first) void open();
      if (view === undefined || pending !== undefined) return;
      const waitMs = drawnAtMs + REDRAW_EVERY_MS - performance.now();
      if (waitMs <= 0) draw();
      else pending = setTimeout(draw, waitMs);
    },
    done() {
      clearTimeout(pending);
      draw();
      view?.done();
      latest = undefined;
    },
  };
}

/** Elsewhere (a pipe, a CI log): one line per event, no redrawing. */
export function plainProgress(stream: NodeJS.WritableStream): EndingProgress {
  return {
    isLive: false,
    line: (text) => void stream.write(`${text}\n`),
    live: () => undefined,
    done: () => undefined,
  };
}

/** With `--json` only the result is printed. */
export const silentProgress: EndingProgress = {
  isLive: false,
  line: () => undefined,
  live: () => undefined,
  done: () => undefined,
};
