import type { Readable, Writable } from "node:stream";
import { parseJsonObject } from "../../json-object.ts";
import { type Frame, FrameReader, eventFrame } from "./frames.ts";
import { RESPONSE_BYTES_MAX } from "./limits.ts";
import type { RuntimeChannel, RuntimeListener } from "./runtime-channel.ts";

/** The channel to our own bootstraps: frames over two pipes. */
export function frameChannel(
  events: Writable,
  answers: Readable,
  listener: RuntimeListener,
): RuntimeChannel {
  const reader = new FrameReader(RESPONSE_BYTES_MAX, (frame) => hear(frame, listener));
  answers.on("data", (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // The function wrote into our pipe: nothing on it means anything from here on.
      answers.destroy();
    }
  });
  return {
    send(event) {
      const header = JSON.stringify({
        id: event.requestId,
        arn: event.invokedFunctionArn,
        timeoutMs: event.timeoutMs,
        traceId: event.traceId,
        clientContext: event.clientContext,
      });
      for (const bytes of eventFrame(header, event.payload)) events.write(bytes);
    },
    close: () => {},
  };
}

function hear(frame: Frame, listener: RuntimeListener): void {
  const { kind, payload } = frame;
  switch (kind) {
    case "ready":
      return listener.onReady();
    case "initFailed": {
      const errorType = parseJsonObject(frame.header)?.["errorType"];
      return listener.onInitFailed(
        payload ?? new Uint8Array(),
        typeof errorType === "string" ? errorType : "Runtime.Unknown",
      );
    }
    case "result":
      return listener.onAnswer({ isError: false, payload, isLast: false });
    case "error":
      return listener.onAnswer({ isError: true, payload, isLast: false });
    case "fatal":
      return listener.onAnswer({ isError: true, payload, isLast: true });
    default:
      return kind satisfies never;
  }
}
