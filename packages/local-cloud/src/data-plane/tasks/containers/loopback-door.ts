import { type AddressInfo, BlockList, connect, createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";

/**
 * Lets containers reach a port of this machine's loopback, which they cannot by themselves: a door on every
 * address that passes on what comes from this machine or its containers' networks, and closes on all else.
 */
export interface LoopbackDoor {
  readonly port: number;
  close(): Promise<void>;
}

/** @param subnets of the containers' networks: "10.88.0.0/16" */
export async function openLoopbackDoor(
  to: { readonly host: string; readonly port: number },
  subnets: readonly string[],
): Promise<LoopbackDoor> {
  const welcome = guests(subnets);
  const server = createServer((guest) => {
    const from = guest.remoteAddress?.replace(/^::ffff:/, "") ?? "";
    if (!welcome.check(from, from.includes(":") ? "ipv6" : "ipv4")) return guest.destroy();
    const house = connect(to);
    guest.pipe(house).pipe(guest);
    guest.on("error", () => house.destroy());
    house.on("error", () => guest.destroy());
    guest.on("close", () => house.destroy());
    open.add(guest);
    guest.once("close", () => open.delete(guest));
    return undefined;
  });
  const open = new Set<{ destroy(): void }>();
  const port = await listen(server);
  server.unref();
  return {
    port,
    async close() {
      for (const guest of open) guest.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

/** This machine's own addresses count too: some engines pass connections on in their own name. */
function guests(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = "", bits = ""] = subnet.split("/");
    list.addSubnet(address, Number(bits), address.includes(":") ? "ipv6" : "ipv4");
  }
  for (const { address, family } of Object.values(networkInterfaces()).flatMap(
    (all) => all ?? [],
  )) {
    list.addAddress(address.replace(/%.*$/, ""), family === "IPv6" ? "ipv6" : "ipv4");
  }
  return list;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "0.0.0.0", port: 0 }, () => {
      const address: AddressInfo | string | null = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port was given"));
      else resolve(address.port);
    });
  });
}
