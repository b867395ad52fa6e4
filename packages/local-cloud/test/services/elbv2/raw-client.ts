import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawClient {
  readonly socket: Socket;
  /** All that was heard so far. */
  heard(): string;
  /** Until this has been heard. @throws when the connection ends before. */
  until(part: string): Promise<void>;
  /** Until the other side has ended the connection. */
  ended(): Promise<string>;
}

/** A client that writes its bytes itself: what no HTTP client would send. */
export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let text = "";
  let isOver = false;
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  const over = new Promise<void>((resolve) => {
    const end = () => {
      isOver = true;
      resolve();
    };
    socket.on("error", end).on("end", end).on("close", end);
  });
  return {
    socket,
    heard: () => text,
    async until(part) {
      while (!text.includes(part)) {
        if (isOver) throw new Error(`the connection ended after ${JSON.stringify(text)}`);
        await Promise.race([once(socket, "data"), over]);
      }
    },
    async ended() {
      await over;
      return text;
    },
  };
}
