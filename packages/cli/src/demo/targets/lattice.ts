import { zipFolder } from "@headgate/drivers";
import { setTimeout as sleep } from "node:timers/promises";
import { DEMO_HANDLER, DEMO_RUNTIME, type DemoRelease, writeDemoCode } from "../app.ts";
import type { DemoSite, DemoTarget } from "../demo-target.ts";
import { type Clients, createAlarm, createRole } from "../shop.ts";
import { shopClients } from "../shop-clients.ts";

const NAME = "shop";
const ACTIVE_WITHIN_MS = 10_000;

/**
 * A VPC Lattice service whose listener forwards to one published version of a function. A release is a folder of
 * code, which Headgate publishes as a version with a target group of its own.
 */
export async function openLattice(site: DemoSite, first: DemoRelease): Promise<DemoTarget> {
  const { configuration, folder } = site;
  const clients = await shopClients(configuration);
  const versionArn = await createVersion(clients, await zipFolder(writeDemoCode(folder, first)));
  const serviceId = await createService(clients, versionArn);
  const alarm = await createAlarm(clients);
  clients.close();
  return {
    url: `${configuration.endpoint}/_aws/vpc-lattice/${serviceId}/orders`,
    app: "a Python function",
    about: "behind a VPC Lattice service",
    alarm,
    prepare(release) {
      writeDemoCode(folder, release);
      return Promise.resolve(`target:
  lattice:
    service: ${NAME}
    listener: http

revision:
  folder: code
`);
    },
  };
}

async function createVersion(clients: Clients, zip: Uint8Array): Promise<string> {
  const { lambda } = clients;
  await lambda.createFunction({
    FunctionName: NAME,
    Runtime: DEMO_RUNTIME,
    Handler: DEMO_HANDLER,
    Role: await createRole(clients),
    Code: { ZipFile: zip },
    Timeout: 10,
  });
  await clients.waitUntilActive(NAME);
  const { FunctionArn = "" } = await lambda.publishVersion({ FunctionName: NAME });
  return FunctionArn;
}

/** @returns the service's id. */
async function createService({ lattice }: Clients, versionArn: string): Promise<string> {
  const group = await lattice.createTargetGroup({ name: `${NAME}-1`, type: "LAMBDA" });
  const { id: targetGroupIdentifier } = group;
  await untilActive("the target group", () => lattice.getTargetGroup({ targetGroupIdentifier }));
  await lattice.registerTargets({ targetGroupIdentifier, targets: [{ id: versionArn }] });
  const { id: serviceId = "" } = await lattice.createService({ name: NAME });
  const inService = { serviceIdentifier: serviceId };
  await untilActive("the service", () => lattice.getService(inService));
  await lattice.createListener({
    ...inService,
    name: "http",
    protocol: "HTTP",
    defaultAction: { forward: { targetGroups: [{ targetGroupIdentifier }] } },
  });
  const network = await lattice.createServiceNetwork({ name: NAME });
  const association = await lattice.createServiceNetworkServiceAssociation({
    ...inService,
    serviceNetworkIdentifier: network.id,
  });
  await untilActive("the service's association", () =>
    lattice.getServiceNetworkServiceAssociation({
      serviceNetworkServiceAssociationIdentifier: association.id,
    }),
  );
  return serviceId;
}

/** @throws {Error} when it is not ACTIVE in time. */
export async function untilActive(
  what: string,
  look: () => Promise<{ readonly status?: string | undefined }>,
): Promise<void> {
  const giveUpMs = performance.now() + ACTIVE_WITHIN_MS;
  for (;;) {
    const { status = "of no status" } = await look();
    if (status === "ACTIVE") return;
    if (performance.now() > giveUpMs) {
      throw new Error(`${what} is ${status} after ${ACTIVE_WITHIN_MS} ms`);
    }
    await sleep(50);
  }
}
