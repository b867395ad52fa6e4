// Protects what outlives a restart, and that accounts and regions do not see each other.
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  GetServiceCommand,
  ListServicesCommand,
  VPCLatticeClient,
} from "@aws-sdk/client-vpc-lattice";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { answering, forwardTo, latticeCloud } from "./lattice-cloud.ts";

it("serves and removes as before after a restart", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-lattice-"));
  try {
    const before = await latticeCloud({ dataDirectory, clock: "virtual" });
    const group = await before.functionGroup("kept", answering("still here"));
    const service = await before.service(forwardTo(group), {
      service: { customDomainName: "kept.example.com" },
    });
    const leaving = await before.lattice.send(new CreateServiceCommand({ name: "leaving" }));
    await before.settle();
    await before.lattice.send(new DeleteServiceCommand({ serviceIdentifier: leaving.id }));
    await before.close();

    const after = await latticeCloud({ dataDirectory, clock: "virtual" }, "keep");
    const response = await fetch(`${after.cloud.url}/_aws/vpc-lattice/${service.id}/`);
    expect(await response.text()).toBe("still here");
    const get = (id: string | undefined) =>
      after.lattice.send(new GetServiceCommand({ serviceIdentifier: id }));
    expect(await get(service.id)).toMatchObject({ customDomainName: "kept.example.com" });
    expect(await get(leaving.id)).toMatchObject({ status: "DELETE_IN_PROGRESS" });
    await after.settle();
    expect(await errorOf(get(leaving.id))).toMatchObject({ name: "ResourceNotFoundException" });
    await after.close();
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});

it("keeps accounts and regions apart, and finds each service by its id alone", async () => {
  const at = await latticeCloud();
  const far = at.cloud.client<VPCLatticeClient>(VPCLatticeClient, {
    region: "eu-west-1",
    account: "111122223333",
  });
  const { id, arn } = await far.send(new CreateServiceCommand({ name: "far" }));
  await at.settle();
  expect(arn).toBe(`arn:aws:vpc-lattice:eu-west-1:111122223333:service/${id}`);
  expect((await at.lattice.send(new ListServicesCommand({}))).items).toEqual([]);
  const response = await fetch(`${at.cloud.url}/_aws/vpc-lattice/${id}/`);
  expect(await response.text()).toContain("no active association with a service network");
  await at.close();
});
