// Protects hosted zones: what one begins with, when it may go, the order of the lists, and bodies that are no XML.
import {
  ChangeTagsForResourceCommand,
  CreateHostedZoneCommand,
  DeleteHostedZoneCommand,
  GetHostedZoneCommand,
  GetHostedZoneCountCommand,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  ListTagsForResourceCommand,
  UpdateHostedZoneCommentCommand,
} from "@aws-sdk/client-route-53";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { raw, scope } from "../../wire/raw-request.ts";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { create, route53Cloud, type Route53Cloud, set } from "./route53-cloud.ts";

let at: Route53Cloud;
beforeEach(async () => {
  at = await route53Cloud();
});
afterEach(() => at.close());

it("makes a zone with its NS and SOA sets", async () => {
  const made = await at.route53.send(
    new CreateHostedZoneCommand({
      Name: "Example.COM",
      CallerReference: "one",
      HostedZoneConfig: { Comment: "mine" },
    }),
  );
  const id = made.HostedZone?.Id?.replace("/hostedzone/", "") ?? "";
  expect(id).toMatch(/^Z0[A-Z0-9]{19}$/);
  expect(made.Location).toBe(`https://route53.amazonaws.com/2013-04-01/hostedzone/${id}`);
  expect(made.HostedZone).toMatchObject({
    Name: "example.com.",
    Config: { Comment: "mine", PrivateZone: false },
    ResourceRecordSetCount: 2,
  });
  const servers = made.DelegationSet?.NameServers ?? [];
  expect(servers.map((server) => server.replaceAll(/\d+/g, "N"))).toEqual([
    "ns-N.awsdns-N.com",
    "ns-N.awsdns-N.net",
    "ns-N.awsdns-N.org",
    "ns-N.awsdns-N.co.uk",
  ]);
  const { ResourceRecordSets = [] } = await at.route53.send(
    new ListResourceRecordSetsCommand({ HostedZoneId: id }),
  );
  expect(ResourceRecordSets.map(({ Type, TTL }) => [Type, TTL])).toEqual([
    ["NS", 172_800],
    ["SOA", 900],
  ]);
  const again = at.route53.send(
    new CreateHostedZoneCommand({ Name: "example.com", CallerReference: "one" }),
  );
  expect(await errorOf(again)).toMatchObject({ name: "HostedZoneAlreadyExists", status: 409 });
  const other = await at.zone("example.com");
  expect(other).not.toBe(id);
  const { HostedZoneCount } = await at.route53.send(new GetHostedZoneCountCommand({}));
  expect(HostedZoneCount).toBe(2);
  const commented = await at.route53.send(
    new UpdateHostedZoneCommentCommand({ Id: id, Comment: "ours" }),
  );
  expect(commented.HostedZone?.Config?.Comment).toBe("ours");
});

it("makes a private zone with its VPC and no delegation set", async () => {
  const vpc = { VPCId: "vpc-0123456789abcdef0", VPCRegion: "us-east-1" } as const;
  const made = await at.route53.send(
    new CreateHostedZoneCommand({ Name: "corp.internal", CallerReference: "p", VPC: vpc }),
  );
  expect(made.DelegationSet).toBeUndefined();
  const read = await at.route53.send(new GetHostedZoneCommand({ Id: made.HostedZone?.Id }));
  expect(read.VPCs).toEqual([vpc]);
  expect(read.HostedZone?.Config?.PrivateZone).toBe(true);
});

it("goes only when its own two sets are all that is left", async () => {
  const id = await at.zone("example.com");
  await at.change(id, create(set("a.example.com", "A", ["192.0.2.1"])));
  const deleteZone = () => at.route53.send(new DeleteHostedZoneCommand({ Id: id }));
  expect(await errorOf(deleteZone())).toMatchObject({
    name: "HostedZoneNotEmpty",
    status: 400,
    message:
      "The specified hosted zone contains non-required resource record sets  and so cannot be deleted.",
  });
  await at.change(id, {
    Action: "DELETE",
    ResourceRecordSet: set("a.example.com", "A", ["192.0.2.1"]),
  });
  expect((await deleteZone()).ChangeInfo?.Status).toBe("PENDING");
  expect(await errorOf(deleteZone())).toMatchObject({
    name: "NoSuchHostedZone",
    status: 404,
    message: `No hosted zone found with ID: ${id}`,
  });
});

it("lists by name from the right, starting at a name that need not be there", async () => {
  for (const name of ["b.org", "z.com", "a.z.com", "example.com"]) await at.zone(name);
  const list = async (DNSName?: string, MaxItems?: number) => {
    const page = await at.route53.send(new ListHostedZonesByNameCommand({ DNSName, MaxItems }));
    return { ...page, names: page.HostedZones?.map(({ Name }) => Name) };
  };
  const all = ["example.com.", "z.com.", "a.z.com.", "b.org."];
  expect((await list()).names).toEqual(all);
  expect((await list("missing.com")).names).toEqual(all.slice(1));
  const first = await list(undefined, 2);
  expect(first).toMatchObject({ IsTruncated: true, NextDNSName: "a.z.com.", MaxItems: 2 });
  const plain = await at.route53.send(new ListHostedZonesCommand({ MaxItems: 3 }));
  expect(plain.IsTruncated).toBe(true);
  const rest = await at.route53.send(new ListHostedZonesCommand({ Marker: plain.NextMarker }));
  expect(rest.HostedZones).toHaveLength(1);
  expect(await errorOf(at.route53.send(new ListHostedZonesCommand({ MaxItems: 0 })))).toMatchObject(
    { name: "InvalidInput" },
  );
});

it("tags zones", async () => {
  const ResourceId = await at.zone("example.com");
  const ResourceType = "hostedzone";
  const AddTags = [
    { Key: "team", Value: "a" },
    { Key: "old", Value: "x" },
  ];
  const of = { ResourceType, ResourceId } as const;
  await at.route53.send(new ChangeTagsForResourceCommand({ ...of, AddTags }));
  await at.route53.send(new ChangeTagsForResourceCommand({ ...of, RemoveTagKeys: ["old"] }));
  const read = await at.route53.send(new ListTagsForResourceCommand(of));
  expect(read.ResourceTagSet).toEqual({ ...of, Tags: [{ Key: "team", Value: "a" }] });
});

it.each(["a..b.com", "", `${"x".repeat(64)}.com`])("refuses the name %j", async (Name) => {
  const refused = at.route53.send(new CreateHostedZoneCommand({ Name, CallerReference: "x" }));
  expect(await errorOf(refused)).toMatchObject({ name: "InvalidDomainName", status: 400 });
});

describe("bodies", () => {
  const post = (body: string) =>
    raw(at.cloud.url, { path: "/2013-04-01/hostedzone", headers: scope("route53"), body });
  const NAMESPACE = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';

  it.each([
    ["<CreateHostedZoneRequest>", "Could not parse XML"],
    ["{}", "Could not parse XML"],
    [`<Name ${NAMESPACE}>a.com</Name>`, "Name is not valid, expected CreateHostedZoneRequest"],
  ])("%s is MalformedInput", async (body, message) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(
      `<Error><Type>Sender</Type><Code>MalformedInput</Code><Message>${message}</Message></Error>`,
    );
  });

  it("without what is required is InvalidInput", async () => {
    const answer = await post(
      `<CreateHostedZoneRequest ${NAMESPACE}><Name>a.com</Name></CreateHostedZoneRequest>`,
    );
    expect(answer.status).toBe(400);
    expect(answer.body).toContain("<Code>InvalidInput</Code>");
    expect(answer.body).toContain("callerReference");
  });
});
