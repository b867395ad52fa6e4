// Protects record sets: batches that happen whole or not at all, AWS's refusals word for word, and the order of lists.
import {
  type Change,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
} from "@aws-sdk/client-route-53";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import {
  create,
  remove,
  route53Cloud,
  type Route53Cloud,
  set,
  upsert,
  weighted,
} from "./route53-cloud.ts";

let at: Route53Cloud;
beforeAll(async () => {
  at = await route53Cloud();
});
afterAll(() => at.close());

async function list(zoneId: string, more: Partial<ListResourceRecordSetsCommandInput> = {}) {
  const page = await at.route53.send(
    new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, ...more }),
  );
  const names = (page.ResourceRecordSets ?? []).map(({ Name, Type, SetIdentifier }) =>
    [Name, Type, SetIdentifier].filter((part) => part !== undefined).join(" "),
  );
  return { ...page, names };
}

/** A zone with an A, a CNAME and a pair of weighted sets. */
async function filledZone() {
  const zoneId = await at.zone("example.com");
  await at.change(
    zoneId,
    create(set("a.example.com", "A", ["192.0.2.1"])),
    create(set("c.example.com", "CNAME", ["a.example.com"])),
    create(weighted("w.example.com", "blue", 90, "a.example.com")),
    create(weighted("w.example.com", "green", 10, "c.example.com")),
  );
  return zoneId;
}

const A = "a.example.com";
const W = "w.example.com";

describe("refusals of a batch", () => {
  it.each<[what: string, Change, message: string]>([
    [
      "a set that is there",
      create(set(A, "A", ["192.0.2.2"])),
      "[Tried to create resource record set [name='a.example.com.', type='A'] but it already exists]",
    ],
    [
      "a weighted set that is there",
      create(weighted(W, "blue", 1, "a.example.com")),
      "[Tried to create resource record set [name='w.example.com.', type='CNAME', set-identifier='blue'] but it already exists]",
    ],
    [
      "removing what is not there",
      remove(set("no.example.com", "A", ["192.0.2.2"])),
      "[Tried to delete resource record set [name='no.example.com.', type='A'] but it was not found]",
    ],
    [
      "removing with another value",
      remove(set(A, "A", ["192.0.2.2"])),
      "[Tried to delete resource record set [name='a.example.com.', type='A'] but the values provided do not match the current values]",
    ],
    [
      "removing with another weight",
      remove(weighted(W, "blue", 89, "a.example.com")),
      "[Tried to delete resource record set [name='w.example.com.', type='CNAME', set-identifier='blue'] but the values provided do not match the current values]",
    ],
    [
      "a CNAME beside an A",
      create(set(A, "CNAME", ["b.example.com"])),
      "[RRSet of type CNAME with DNS name a.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.]",
    ],
    [
      "a TXT beside a CNAME",
      create(set("c.example.com", "TXT", ['"x"'])),
      "[RRSet of type TXT with DNS name c.example.com. is not permitted because a conflicting RRSet of type  CNAME with the same DNS name already exists in zone example.com.]",
    ],
    [
      "a CNAME at the top",
      create(set("example.com", "CNAME", ["b.example.com"])),
      "[RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.]",
    ],
    [
      "a name of another zone",
      create(set("a.example.org", "A", ["192.0.2.1"])),
      "[RRSet with DNS name a.example.org. is not permitted in zone example.com.]",
    ],
    [
      "a simple set beside weighted ones",
      upsert(set(W, "CNAME", ["a.example.com"])),
      "[RRSet with DNS name w.example.com., type CNAME cannot be created as other RRSets exist with the same name and type.]",
    ],
    [
      "a weighted set beside a simple one",
      create(set(A, "A", ["192.0.2.9"], { SetIdentifier: "x", Weight: 1 })),
      "[RRSet with DNS name a.example.com., type A, SetIdentifier x cannot be created as a non-weighted set exists with the same name and type.]",
    ],
    [
      "weighted sets of two TTLs",
      upsert(weighted(W, "blue", 90, "a.example.com", { TTL: 5 })),
      "[RRSet with DNS name w.example.com., type CNAME, SetIdentifier blue cannot be created as weighted sets must contain the same TTL.]",
    ],
    [
      "no address",
      create(set("x.example.com", "A", ["localhost"])),
      "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'localhost'']",
    ],
    [
      "a text without quotation marks",
      create(set("x.example.com", "TXT", ["v=spf1"])),
      "[Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'v=spf1'']",
    ],
    [
      "an alias out of the zone",
      create({
        Name: "x.example.com",
        Type: "A",
        AliasTarget: {
          HostedZoneId: "Z0ANOTHER",
          DNSName: "elsewhere.example.org",
          EvaluateTargetHealth: false,
        },
      }),
      "[Tried to create an alias that targets elsewhere.example.org., type A in zone Z0ANOTHER, but the alias target name does not lie within the target zone]",
    ],
  ])("%s", async (_what, change, message) => {
    const zoneId = await filledZone();
    const before = await list(zoneId);
    const good = create(set("good.example.com", "A", ["192.0.2.7"]));
    const error = await errorOf(at.change(zoneId, good, change));
    expect(error).toMatchObject({ name: "InvalidChangeBatch", message, status: 400 });
    expect((await list(zoneId)).ResourceRecordSets).toEqual(before.ResourceRecordSets);
  });

  it.each<[what: string, Change, message: string | RegExp]>([
    [
      "no TTL",
      create(set("x.example.com", "A", ["192.0.2.1"], { TTL: undefined })),
      "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=x.example.com, Type=A, SetIdentifier=null]",
    ],
    [
      "a weight without an identifier",
      create(set("x.example.com", "A", ["192.0.2.1"], { Weight: 1 })),
      "Invalid request: Missing field 'SetIdentifier' in Change with [Action=CREATE, Name=x.example.com, Type=A, SetIdentifier=null]",
    ],
    [
      "an identifier without a policy",
      create(set("x.example.com", "A", ["192.0.2.1"], { SetIdentifier: "a" })),
      /^Invalid request: Expected exactly one of \[Weight, .*but found none/,
    ],
    [
      "two policies",
      create(
        set("x.example.com", "A", ["192.0.2.1"], {
          SetIdentifier: "a",
          Weight: 1,
          Region: "eu-west-1",
        }),
      ),
      /but found more than one/,
    ],
    [
      "a weight of 256",
      create(weighted("x.example.com", "a", 256, "a.example.com")),
      /Value '256' at 'changeBatch\.changes\.1\.member\.resourceRecordSet\.weight' failed to satisfy constraint: Member must have value less than or equal to 255/,
    ],
  ])("%s", async (_what, change, message) => {
    const zoneId = await at.zone("example.com");
    const error = await errorOf(at.change(zoneId, change));
    expect(error).toMatchObject({ name: "InvalidInput", status: 400 });
    expect(error.message).toMatch(message);
  });

  it("tells all that is wrong, and keeps NS and SOA", async () => {
    const zoneId = await filledZone();
    const { ResourceRecordSets: [, , soa] = [] } = await list(zoneId, { MaxItems: 3 });
    const apex = (await list(zoneId)).ResourceRecordSets?.filter(
      ({ Name }) => Name === "example.com.",
    );
    expect(soa).toBeDefined();
    const error = await errorOf(at.change(zoneId, ...(apex ?? []).map(remove)));
    expect(error.message).toBe(
      "[A HostedZone must contain at least one NS record for the zone itself., A HostedZone must contain exactly one SOA record.]",
    );
  });
});

describe("batches", () => {
  it("can replace an A with a CNAME, and all TTLs of weighted sets, in one go", async () => {
    const zoneId = await filledZone();
    await at.change(
      zoneId,
      remove(set(A, "A", ["192.0.2.1"])),
      create(set(A, "CNAME", ["b.example.com"])),
      upsert(weighted(W, "blue", 50, "a.example.com", { TTL: 5 })),
      upsert(weighted(W, "green", 50, "c.example.com", { TTL: 5 })),
    );
    const { ResourceRecordSets = [] } = await list(zoneId, { StartRecordName: W });
    expect(ResourceRecordSets.map(({ Weight, TTL }) => [Weight, TTL])).toEqual([
      [50, 5],
      [50, 5],
    ]);
  });

  it("are PENDING, and INSYNC half a second later", async () => {
    const zoneId = await at.zone("example.com");
    const { ChangeInfo } = await at.change(zoneId, create(set(A, "A", ["192.0.2.1"])));
    expect(ChangeInfo?.Id).toMatch(/^\/change\/C0\w{19}$/);
    const status = async () =>
      (await at.route53.send(new GetChangeCommand({ Id: ChangeInfo?.Id }))).ChangeInfo?.Status;
    expect(await status()).toBe("PENDING");
    await at.cloud.advance(499);
    expect(await status()).toBe("PENDING");
    await at.cloud.advance(1);
    expect(await status()).toBe("INSYNC");
    expect(await errorOf(at.route53.send(new GetChangeCommand({ Id: "C1" })))).toMatchObject({
      name: "NoSuchChange",
      status: 404,
    });
  });

  it("alias to a set of the zone that is there, and to nothing else in it", async () => {
    const zoneId = await filledZone();
    const alias = (DNSName: string) =>
      create({
        Name: "alias.example.com",
        Type: "A",
        AliasTarget: { HostedZoneId: zoneId, DNSName, EvaluateTargetHealth: true },
      });
    const error = await errorOf(at.change(zoneId, alias("missing.example.com")));
    expect(error.message).toBe(
      `[Tried to create an alias that targets missing.example.com., type A in zone ${zoneId}, but that target was not found]`,
    );
    await at.change(zoneId, alias(A));
    const { ResourceRecordSets } = await list(zoneId, { StartRecordName: "alias.example.com" });
    expect(ResourceRecordSets?.[0]).toEqual({
      Name: "alias.example.com.",
      Type: "A",
      AliasTarget: {
        HostedZoneId: zoneId,
        DNSName: "a.example.com.",
        EvaluateTargetHealth: true,
      },
    });
  });
});

describe("ListResourceRecordSets", () => {
  it("sorts by the labels from the right, and goes on where a page ended", async () => {
    const zoneId = await at.zone("example.com");
    await at.change(
      zoneId,
      create(set("b.example.com", "A", ["192.0.2.1"])),
      create(set("z.a.example.com", "A", ["192.0.2.1"])),
      create(set("*.example.com", "A", ["192.0.2.1"])),
      create(set("a.example.com", "MX", ["10 mail.example.com"])),
      create(weighted("c.example.com", "two", 1, A)),
      create(weighted("c.example.com", "one", 1, A)),
    );
    const all = [
      "example.com. NS",
      "example.com. SOA",
      "\\052.example.com. A",
      "a.example.com. MX",
      "z.a.example.com. A",
      "b.example.com. A",
      "c.example.com. CNAME one",
      "c.example.com. CNAME two",
    ];
    expect((await list(zoneId)).names).toEqual(all);
    const first = await list(zoneId, { MaxItems: 7 });
    expect(first).toMatchObject({
      IsTruncated: true,
      NextRecordName: "c.example.com.",
      NextRecordType: "CNAME",
      NextRecordIdentifier: "two",
      MaxItems: 7,
    });
    const rest = await list(zoneId, {
      StartRecordName: first.NextRecordName,
      StartRecordType: first.NextRecordType,
      StartRecordIdentifier: first.NextRecordIdentifier,
    });
    expect(rest.names).toEqual(all.slice(7));
    expect(rest.IsTruncated).toBe(false);
    expect((await list(zoneId, { StartRecordName: "aa.example.com" })).names[0]).toBe(all[5]);
  });
});
