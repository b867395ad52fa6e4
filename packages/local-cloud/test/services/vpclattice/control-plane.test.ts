/*
 * Protects the control plane's rules: what comes and goes takes time, what is used too early or removed out of
 * order is a conflict, ids and ARNs are the same, and a repeated call makes nothing twice.
 */
import {
  CreateListenerCommand,
  CreateServiceCommand,
  CreateServiceNetworkCommand,
  CreateServiceNetworkServiceAssociationCommand,
  CreateServiceNetworkVpcAssociationCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteServiceCommand,
  DeleteServiceNetworkCommand,
  DeleteServiceNetworkServiceAssociationCommand,
  DeleteServiceNetworkVpcAssociationCommand,
  DeleteTargetGroupCommand,
  DeregisterTargetsCommand,
  GetListenerCommand,
  GetServiceCommand,
  GetServiceNetworkCommand,
  GetServiceNetworkServiceAssociationCommand,
  GetTargetGroupCommand,
  ListServiceNetworkServiceAssociationsCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  ListTargetGroupsCommand,
  ListTargetsCommand,
  RegisterTargetsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateListenerCommand,
} from "@aws-sdk/client-vpc-lattice";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import {
  answering,
  forwardTo,
  functionArn,
  latticeCloud,
  type LatticeCloud,
  VPC,
} from "./lattice-cloud.ts";

let at: LatticeCloud;
beforeEach(async () => {
  at = await latticeCloud();
});
afterEach(() => at.close());

const NOT_FOUND = { fixedResponse: { statusCode: 404 } } as const;

describe("coming and going", () => {
  it("takes a service from CREATE_IN_PROGRESS to ACTIVE, and by DELETE_IN_PROGRESS away", async () => {
    const created = await at.lattice.send(new CreateServiceCommand({ name: "orders" }));
    expect(created).toMatchObject({ status: "CREATE_IN_PROGRESS", authType: "NONE" });
    const get = () => at.lattice.send(new GetServiceCommand({ serviceIdentifier: created.id }));
    const early = at.lattice.send(
      new CreateListenerCommand({
        serviceIdentifier: created.id,
        name: "http",
        protocol: "HTTP",
        defaultAction: NOT_FOUND,
      }),
    );
    expect(await errorOf(early)).toMatchObject({ name: "ConflictException", status: 409 });
    await at.settle();
    expect(await get()).toMatchObject({ status: "ACTIVE", name: "orders" });
    const deleted = await at.lattice.send(
      new DeleteServiceCommand({ serviceIdentifier: created.id }),
    );
    expect(deleted.status).toBe("DELETE_IN_PROGRESS");
    expect(await get()).toMatchObject({ status: "DELETE_IN_PROGRESS" });
    await at.settle();
    expect(await errorOf(get())).toMatchObject({
      name: "ResourceNotFoundException",
      status: 404,
    });
  });

  it("lets nothing be removed that something else needs, and everything in the right order", async () => {
    await at.create("order-fn", {}, answering("x"));
    const group = await at.group();
    await at.lattice.send(
      new RegisterTargetsCommand({
        targetGroupIdentifier: group.id,
        targets: [{ id: functionArn("order-fn") }],
      }),
    );
    const service = await at.service(forwardTo(group));
    const vpc = await at.lattice.send(
      new CreateServiceNetworkVpcAssociationCommand({
        serviceNetworkIdentifier: service.networkId,
        vpcIdentifier: VPC,
      }),
    );
    await at.settle();
    const network = await at.lattice.send(
      new GetServiceNetworkCommand({ serviceNetworkIdentifier: service.networkId }),
    );
    expect(network).toMatchObject({ numberOfAssociatedVPCs: 1, numberOfAssociatedServices: 1 });

    const deleteNetwork = () =>
      at.lattice.send(
        new DeleteServiceNetworkCommand({ serviceNetworkIdentifier: service.networkId }),
      );
    const deleteService = () =>
      at.lattice.send(new DeleteServiceCommand({ serviceIdentifier: service.id }));
    const deleteGroup = () =>
      at.lattice.send(new DeleteTargetGroupCommand({ targetGroupIdentifier: group.id }));

    expect(await errorOf(deleteNetwork())).toMatchObject({
      name: "ConflictException",
      message: `ServiceNetwork ${service.networkId} has VPC(s) associated`,
    });
    await at.lattice.send(
      new DeleteServiceNetworkVpcAssociationCommand({
        serviceNetworkVpcAssociationIdentifier: vpc.id,
      }),
    );
    await at.settle();
    expect(await errorOf(deleteNetwork())).toMatchObject({ name: "ConflictException" });
    expect(await errorOf(deleteService())).toMatchObject({ name: "ConflictException" });
    expect(await errorOf(deleteGroup())).toMatchObject({ name: "ConflictException" });

    const { status } = await at.lattice.send(
      new DeleteServiceNetworkServiceAssociationCommand({
        serviceNetworkServiceAssociationIdentifier: service.associationId,
      }),
    );
    expect(status).toBe("DELETE_IN_PROGRESS");
    expect(await errorOf(deleteService())).toMatchObject({ name: "ConflictException" });
    await at.settle();
    await deleteService();
    // The service still uses the group until it is gone.
    expect(await errorOf(deleteGroup())).toMatchObject({ name: "ConflictException" });
    await at.settle();
    expect(await deleteGroup()).toMatchObject({ status: "DELETE_IN_PROGRESS" });
    await deleteNetwork();
    await at.settle();
    expect((await at.lattice.send(new ListServicesCommand({}))).items).toEqual([]);
    expect((await at.lattice.send(new ListTargetGroupsCommand({}))).items).toEqual([]);
  });

  it("says of an association when it is active", async () => {
    const service = await at.service(NOT_FOUND);
    const get = new GetServiceNetworkServiceAssociationCommand({
      serviceNetworkServiceAssociationIdentifier: service.associationId,
    });
    expect(await at.lattice.send(get)).toMatchObject({
      status: "ACTIVE",
      serviceId: service.id,
      serviceNetworkId: service.networkId,
      createdBy: "000000000000",
    });
    const again = at.lattice.send(
      new CreateServiceNetworkServiceAssociationCommand({
        serviceIdentifier: service.arn,
        serviceNetworkIdentifier: service.networkArn,
      }),
    );
    expect(await errorOf(again)).toMatchObject({ name: "ConflictException" });
    const { items } = await at.lattice.send(
      new ListServiceNetworkServiceAssociationsCommand({ serviceIdentifier: service.arn }),
    );
    expect(items?.map(({ id }) => id)).toEqual([service.associationId]);
  });
});

describe("names and calls", () => {
  it("takes an id and an ARN for the same", async () => {
    const service = await at.service(NOT_FOUND);
    const listenerArn = `${service.arn}/listener/${service.listenerId}`;
    const byArn = await at.lattice.send(
      new GetListenerCommand({ serviceIdentifier: service.arn, listenerIdentifier: listenerArn }),
    );
    expect(byArn).toMatchObject({ id: service.listenerId, arn: listenerArn, port: 80 });
  });

  it("makes nothing twice for one client token", async () => {
    const send = (name: string) =>
      at.lattice.send(new CreateServiceNetworkCommand({ name, clientToken: "once" }));
    const first = await send("mesh");
    expect((await send("mesh")).id).toBe(first.id);
    expect(await errorOf(send("other"))).toMatchObject({ name: "ConflictException" });
    const taken = at.lattice.send(new CreateServiceNetworkCommand({ name: "mesh" }));
    expect(await errorOf(taken)).toMatchObject({ name: "ConflictException" });
  });

  it("refuses bad names and values with AWS's error", async () => {
    const bad = at.lattice.send(new CreateServiceCommand({ name: "Orders!" }));
    const error = await bad.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "ValidationException",
      reason: "fieldValidationFailed",
      $metadata: { httpStatusCode: 400 },
    });
  });

  it("refuses fixed responses but 404 and 500, and TLS_PASSTHROUGH by name", async () => {
    const service = await at.service(NOT_FOUND);
    const update = at.lattice.send(
      new UpdateListenerCommand({
        serviceIdentifier: service.id,
        listenerIdentifier: service.listenerId,
        defaultAction: { fixedResponse: { statusCode: 403 } },
      }),
    );
    expect(await errorOf(update)).toMatchObject({ name: "ValidationException" });
    const passthrough = at.lattice.send(
      new CreateListenerCommand({
        serviceIdentifier: service.id,
        name: "tls",
        protocol: "TLS_PASSTHROUGH",
        defaultAction: NOT_FOUND,
      }),
    );
    expect((await errorOf(passthrough)).message).toContain("does not have TLS_PASSTHROUGH");
  });

  it("cuts lists into pages", async () => {
    for (const name of ["one", "two", "three"]) {
      await at.lattice.send(new CreateServiceCommand({ name: `service-${name}` }));
    }
    const first = await at.lattice.send(new ListServicesCommand({ maxResults: 2 }));
    expect(first.items).toHaveLength(2);
    const second = await at.lattice.send(
      new ListServicesCommand({ maxResults: 2, nextToken: first.nextToken }),
    );
    expect(second.items).toHaveLength(1);
    expect(second.nextToken).toBeUndefined();
  });

  it("tags what has an ARN", async () => {
    const service = await at.service(NOT_FOUND);
    const resourceArn = `${service.arn}/listener/${service.listenerId}`;
    await at.lattice.send(new TagResourceCommand({ resourceArn, tags: { team: "a", tier: "1" } }));
    await at.lattice.send(new UntagResourceCommand({ resourceArn, tagKeys: ["tier"] }));
    const { tags } = await at.lattice.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(tags).toEqual({ team: "a" });
  });
});

describe("target groups", () => {
  it("has no network settings for functions, and needs a VPC for addresses", async () => {
    const create = (input: ConstructorParameters<typeof CreateTargetGroupCommand>[0]) =>
      errorOf(at.lattice.send(new CreateTargetGroupCommand(input)));
    expect(await create({ name: "one", type: "LAMBDA", config: { port: 80 } })).toMatchObject({
      name: "ValidationException",
      message: "port is not supported for target group type LAMBDA",
    });
    expect(await create({ name: "two", type: "IP", config: { port: 80 } })).toMatchObject({
      name: "ValidationException",
    });
    const { id } = await at.group({
      type: "IP",
      config: { port: 8080, protocol: "HTTP", vpcIdentifier: VPC },
    });
    const { config } = await at.lattice.send(
      new GetTargetGroupCommand({ targetGroupIdentifier: id }),
    );
    expect(config).toEqual({
      port: 8080,
      protocol: "HTTP",
      protocolVersion: "HTTP1",
      ipAddressType: "IPV4",
      vpcIdentifier: VPC,
      healthCheck: {
        enabled: true,
        protocol: "HTTP",
        protocolVersion: "HTTP1",
        path: "/",
        healthCheckIntervalSeconds: 30,
        healthCheckTimeoutSeconds: 5,
        healthyThresholdCount: 5,
        unhealthyThresholdCount: 2,
        matcher: { httpCode: "200" },
      },
    });
  });

  it("lists a function as UNUSED, then UNAVAILABLE, never HEALTHY; it drains for a minute", async () => {
    const group = await at.functionGroup("status-fn", answering("x"));
    const statuses = async () => {
      const { items = [] } = await at.lattice.send(
        new ListTargetsCommand({ targetGroupIdentifier: group.id }),
      );
      return items.map(({ status, reasonCode }) => `${status} ${reasonCode}`);
    };
    expect(await statuses()).toEqual(["UNUSED TargetGroupNotInUse"]);
    const service = await at.service(forwardTo(group));
    expect(await statuses()).toEqual(["UNAVAILABLE HealthCheckNotSupported"]);
    expect((await service.call("/")).status).toBe(200);
    await at.lattice.send(
      new DeregisterTargetsCommand({
        targetGroupIdentifier: group.id,
        targets: [{ id: functionArn("status-fn") }],
      }),
    );
    expect(await statuses()).toEqual(["DRAINING DeregistrationInProgress"]);
    expect((await service.call("/")).status).toBe(503);
    await at.lattice.send(
      new DeleteListenerCommand({
        serviceIdentifier: service.id,
        listenerIdentifier: service.listenerId,
      }),
    );
    const remove = () =>
      at.lattice.send(new DeleteTargetGroupCommand({ targetGroupIdentifier: group.id }));
    expect((await errorOf(remove())).message).toContain("draining");
    await at.cloud.advance(60_000);
    expect(await statuses()).toEqual([]);
    await remove();
  });

  it("takes a function by its ARN only, one a group, and tells of one that is not there", async () => {
    await at.create("reg-fn", {}, answering("x"));
    const group = await at.group();
    const register = (...ids: string[]) =>
      at.lattice.send(
        new RegisterTargetsCommand({
          targetGroupIdentifier: group.id,
          targets: ids.map((id) => ({ id })),
        }),
      );
    expect(await errorOf(register("reg-fn:1"))).toMatchObject({ name: "ValidationException" });
    expect(await register(functionArn("nobody"))).toMatchObject({
      successful: [],
      unsuccessful: [{ id: functionArn("nobody"), failureCode: "TargetNotFound" }],
    });
    expect(await register(functionArn("reg-fn"))).toMatchObject({
      successful: [{ id: functionArn("reg-fn") }],
      unsuccessful: [],
    });
    expect(await errorOf(register(functionArn("another")))).toMatchObject({
      name: "ServiceQuotaExceededException",
      status: 402,
    });
  });

  it("belongs to one service", async () => {
    const group = await at.group();
    const first = await at.service(forwardTo(group));
    expect(await errorOf(at.service(forwardTo(group)))).toMatchObject({
      name: "ConflictException",
    });
    const { serviceArns } = await at.lattice.send(
      new GetTargetGroupCommand({ targetGroupIdentifier: group.arn }),
    );
    expect(serviceArns).toEqual([first.arn]);
  });
});
