import type { ListenerPorts } from "../../data-plane/load-balancer/listener-ports.ts";
import { type Elb, type PlaceState, SERVICE } from "./state.ts";

/** Gives every listener a port of its own, and closes those of listeners that are gone. */
export async function followPorts(
  elb: Elb,
  state: PlaceState,
  ports: ListenerPorts,
): Promise<void> {
  const { cloud } = elb;
  for (const row of state.listeners.values()) {
    if (row.protocol === "HTTPS") cloud.serveTls();
    const localPort = await ports.open({
      place: state.place,
      listenerArn: row.arn,
      balancerArn: row.balancerArn,
      wantedPort: row.localPort,
    });
    const now = state.listeners.get(row.arn);
    if (now !== undefined && now.localPort !== localPort) {
      state.listeners.set(row.arn, { ...now, localPort });
    }
  }
  const known = new Set(
    cloud.store
      .scopes(SERVICE)
      .flatMap((place) => [...elb.in(place).listeners.values()].map(({ arn }) => arn)),
  );
  await ports.closeOthers(known);
}
