import type { Progress } from "../command.ts";
import { fitLine } from "./fit.ts";

/** Five redraws a second are smooth enough to read and cheap enough for a slow link. */
const REDRAW_EVERY_MS = 200;

/** A {@link Progress} that the caller ends. */
export interface EndingProgress extends Progress {
  done(): void;
}

interface View {
  (text: string): void;
  clear(): void;
  done(): void;
}

/**
 * A live view at the bottom of a terminal, and lines that stay above it. Both reach the screen together, at
 * most once in {@link REDRAW_EVERY_MS}. The view is gone at the end: the result says what it ended with.
 */
export function terminalProgress(stream: NodeJS.WriteStream): EndingProgress {
  let view: View | undefined;
  let latest: readonly string[] | undefined;
  let waiting: string[] = [];
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let pending: NodeJS.Timeout | undefined;
  const flush = () => {
    if (waiting.length === 0) return;
    view?.clear();
    stream.write(`${waiting.join("\n")}\n`);
    waiting = [];
  };
  const draw = () => {
    clearTimeout(pending);
    pending = undefined;
    drawnAtMs = performance.now();
    // One write to the terminal: nobody sees the moment between erasing and drawing.
    stream.cork();
    flush();
    // The last column stays free: some terminals wrap when it is filled.
    const columns = Math.max(1, stream.columns - 1);
    view?.((latest ?? []).map((line) => fitLine(line, columns)).join("\n"));
    stream.uncork();
  };
  const schedule = () => {
    if (pending !== undefined) return;
    const waitMs = drawnAtMs + REDRAW_EVERY_MS - performance.now();
    if (waitMs <= 0) draw();
    else pending = setTimeout(draw, waitMs);
  };
  // Loaded at the first live view: most commands never draw one, and it would double their start.
  const open = async () => {
    const { createLogUpdate } = await import("log-update");
    view ??= createLogUpdate(stream);
    schedule();
  };
  return {
    isLive: true,
    line(text) {
      waiting.push(text);
      if (view === undefined) flush();
      else schedule();
    },
    live(lines) {
      const isFirst = latest === undefined;
      latest = lines;
      if (isFirst) void open();
      else if (view !== undefined) schedule();
    },
    done() {
      clearTimeout(pending);
      pending = undefined;
      flush();
      view?.clear();
      view?.done();
      view = undefined;
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
