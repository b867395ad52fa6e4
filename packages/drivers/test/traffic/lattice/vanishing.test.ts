// Protects a release through VPC Lattice whose listener or service somebody deletes at a weight: each call
// ends at once and says what is gone. Real cloud, virtual clock.
import { weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { expectError } from "../../support/expect-error.ts";
import { driverOf, type LatticeCloud, latticeCloud } from "../../support/lattice-cloud.ts";

async function removeListener({ lattice, serviceId, listenerId }: LatticeCloud) {
  await lattice.deleteListener({
    serviceIdentifier: serviceId,
    listenerIdentifier: listenerId,
  });
}

async function removeService(cloud: LatticeCloud) {
  const { lattice, serviceId: serviceIdentifier } = cloud;
  const { items = [] } = await lattice.listServiceNetworkServiceAssociations({ serviceIdentifier });
  for (const { id } of items) {
    await lattice.deleteServiceNetworkServiceAssociation({
      serviceNetworkServiceAssociationIdentifier: id,
    });
  }
  await cloud.advance(60_000);
  await removeListener(cloud);
  await lattice.deleteService({ serviceIdentifier });
  await cloud.advance(60_000);
}

it.each([
  ["the listener", removeListener],
  ["the service", removeService],
])("%s that is deleted at a weight is named, and not made again", async (_what, remove) => {
  const cloud = await latticeCloud();
  const driver = await driverOf(cloud);
  const { stable, canary, token } = await driver.prepare();
  const ends = { stable, canary };
  const live = await driver.setWeight({ ...ends, weight: weightBps(1000), token });
  await remove(cloud);
  const change = { ...ends, token: live.token };
  for (const call of [
    () => driver.readRoute(),
    () => driver.setWeight({ ...change, weight: weightBps(5000) }),
    () => driver.restore(change),
  ]) {
    await expectError(call(), "TARGET_NOT_FOUND");
  }
  const { items = [] } = await cloud.lattice.listServices({});
  const listeners = await Promise.all(
    items.map(({ id }) => cloud.lattice.listListeners({ serviceIdentifier: id })),
  );
  expect(listeners.flatMap(({ items: found = [] }) => found)).toEqual([]);
});
