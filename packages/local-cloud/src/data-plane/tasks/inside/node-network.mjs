// Gives a Node.js program of a task the network it would have in a container: loaded before the program.
// HEADGATE_TASK_PORTS, "8080=40123,9000=40124", says where on this machine's loopback each port of the task is.
import net from "node:net";

const LOOPBACK = "127.0.0.1";
const LOCAL = new Set(["localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "[::1]"]);
const ports = new Map(
  (process.env.HEADGATE_TASK_PORTS ?? "")
    .split(",")
    .filter((pair) => pair !== "")
    .map((pair) => pair.split("=").map(Number)),
);

/** Where a host and port of the task really are; undefined for all else, and so for other machines. */
function moved(host, port) {
  const to = ports.get(Number(port));
  return to !== undefined && (host === undefined || host === null || host === "" || LOCAL.has(host))
    ? { host: LOOPBACK, port: to }
    : undefined;
}

/** `options` or (port, host, ...), as `listen` and `connect` take them, led to the task's own port. */
function movedArguments(given) {
  const [first, second] = given;
  // Node's own callers hand over [options, callback] as one list, which must stay the same object.
  if (Array.isArray(first)) {
    const to = isPlace(first[0]) ? moved(first[0].host, first[0].port) : undefined;
    if (to !== undefined) first[0] = { ...first[0], ...to };
    return given;
  }
  if (isPlace(first)) {
    const to = moved(first.host, first.port);
    return to === undefined ? given : [{ ...first, ...to }, ...given.slice(1)];
  }
  if (typeof first !== "number" && !/^\d+$/.test(String(first))) return given;
  const host = typeof second === "string" ? second : undefined;
  const to = moved(host, first);
  if (to === undefined) return given;
  const rest = given.slice(host === undefined ? 1 : 2);
  // `undefined` and `null` may stand where the host would.
  if (host === undefined && rest.length > 0 && (rest[0] === undefined || rest[0] === null))
    rest.shift();
  return [to.port, to.host, ...rest];
}

function isPlace(value) {
  return typeof value === "object" && value !== null && "port" in value && value.path === undefined;
}

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (...given) {
  return listen.apply(this, movedArguments(given));
};

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...given) {
  return connect.apply(this, movedArguments(given));
};
