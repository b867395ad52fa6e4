import type { IncomingMessage } from "node:http";

/** Ours: long enough to read an answer on a busy machine. */
const LINGER_MS = 1000;

/**
 * Lets a client read an answer that came before its request was over. A socket that is closed with bytes unread makes
 * the system send a reset, and the client's own system then throws the answer away. So once the answer is sent only our
 * half is closed, and all of it a while later. Draining what the client still sends is up to who answers.
 */
export function closeLingering(message: IncomingMessage): void {
  const { socket } = message;
  socket.destroySoon = () => {
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
    // A client that goes away meanwhile is no trouble of anybody's.
    socket.on("error", () => {});
    socket.end();
  };
}
