import type { Dispatcher } from "undici";
import type { FunctionInvoker } from "../../ports.ts";
import { GatewayFailure } from "../gateway-failure.ts";

/** What integrations call. */
export interface Backends {
  functions(): Promise<FunctionInvoker>;
  /** Undici is loaded when the first API with an HTTP integration is called. */
  http(options: { readonly insecure: boolean }): Promise<Dispatcher>;
}

/**
 * Waits for a backend as long as its integration allows. In real time, whatever the cloud's clock does:
 * what runs behind a gateway is real. The backend is not told; on AWS it runs on as well.
 * @throws {GatewayFailure} when time is up.
 */
export async function withDeadline<Result>(
  work: Promise<Result>,
  timeoutMs: number,
): Promise<Result> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new GatewayFailure("timeout", `no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
