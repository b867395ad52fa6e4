/** What a request says of the listener it wants. */
export interface WantedListener {
  /** From the path form: no other will do. */
  readonly exactPort: number | undefined;
  /** From the Host header. On the cloud's own port it says nothing. */
  readonly hostPort: number | undefined;
  readonly isTls: boolean;
}

interface ListenerAddress {
  readonly protocol: "HTTP" | "HTTPS";
  readonly port: number;
}

/**
 * All listeners share the cloud's one port: the port that the client names decides; then the scheme: the default port of http
 * or https, and otherwise the lowest port of that protocol, or of any.
 */
export function chooseListener<Listener extends ListenerAddress>(
  listeners: readonly Listener[],
  { exactPort, hostPort, isTls }: WantedListener,
): Listener | undefined {
  const on = (port: number | undefined) => listeners.find((one) => one.port === port);
  if (exactPort !== undefined) return on(exactPort);
  const protocol = isTls ? "HTTPS" : "HTTP";
  const sorted = listeners.toSorted((left, right) => left.port - right.port);
  return (
    on(hostPort) ??
    sorted.find((one) => one.protocol === protocol && one.port === (isTls ? 443 : 80)) ??
    sorted.find((one) => one.protocol === protocol) ??
    sorted[0]
  );
}
