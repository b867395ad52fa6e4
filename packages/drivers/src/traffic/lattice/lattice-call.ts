import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner, CallLimits } from "../../aws/runner.ts";

/** The signal that ends an attempt. */
export interface SendOptions {
  readonly abortSignal: AbortSignal;
}

/** Makes one call to VPC Lattice; `action` without the service: "GetListener". */
export type LatticeCall = <Output>(
  action: string,
  subject: string,
  send: (lattice: VPCLattice, options: SendOptions) => Promise<Output>,
  limits?: CallLimits,
) => Promise<Output>;

export function latticeCall(parts: {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
}): LatticeCall {
  const { clients, run } = parts;
  return async (action, subject, send, limits) => {
    const lattice = await clients.vpcLattice();
    const request = { action: `vpc-lattice:${action}`, subject };
    return run(request, (abortSignal) => send(lattice, { abortSignal }), limits);
  };
}

/** A list to its end. `page` is one call of it. */
export async function allPages<Item>(
  page: (nextToken: string | undefined) => Promise<{
    readonly items?: readonly Item[] | undefined;
    readonly nextToken?: string | undefined;
  }>,
): Promise<readonly Item[]> {
  const found: Item[] = [];
  let nextToken: string | undefined;
  do {
    const { items = [], nextToken: next } = await page(nextToken);
    found.push(...items);
    nextToken = next === "" ? undefined : next;
  } while (nextToken !== undefined);
  return found;
}
