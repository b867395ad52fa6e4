import {
  type Change,
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { request } from "node:http";
import { virtualClock } from "../../../src/clock.ts";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { startTestCloud } from "../../support/test-cloud.ts";

export type Route53Cloud = Awaited<ReturnType<typeof route53Cloud>>;

const START_MS = Date.parse("2026-11-20T10:00:00Z");

/** A cloud on a virtual clock, with a client of Route 53 and ways to make zones and records in one line. */
export async function route53Cloud(options: LocalCloudOptions = {}) {
  const clock = virtualClock(START_MS, (error) => {
    throw error;
  });
  const cloud = await startTestCloud({ clock, ...options });
  const route53 = cloud.client<Route53Client>(Route53Client);
  let made = 0;
  return {
    cloud,
    route53,
    /** @returns its id. */
    async zone(name: string): Promise<string> {
      const { HostedZone } = await route53.send(
        new CreateHostedZoneCommand({ Name: name, CallerReference: `zone-${++made}` }),
      );
      return HostedZone?.Id?.replace("/hostedzone/", "") ?? "";
    },
    change: (zoneId: string, ...Changes: Change[]) =>
      route53.send(
        new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes } }),
      ),
    /** A request with a Host of its own, which fetch does not allow. @returns the body */
    get: (host: string, path = "/") =>
      new Promise<string>((resolve, reject) => {
        request({ port: cloud.port, host: "127.0.0.1", path, headers: { host } }, (response) => {
          let body = "";
          response.on("data", (chunk: Buffer) => (body += chunk.toString()));
          response.on("end", () => resolve(body));
        })
          .on("error", reject)
          .end();
      }),
    close: () => cloud.close(),
  };
}

export const upsert = (record: ResourceRecordSet): Change => ({
  Action: "UPSERT",
  ResourceRecordSet: record,
});
export const create = (record: ResourceRecordSet): Change => ({
  Action: "CREATE",
  ResourceRecordSet: record,
});
export const remove = (record: ResourceRecordSet): Change => ({
  Action: "DELETE",
  ResourceRecordSet: record,
});

/** A plain set with a TTL of 60 seconds. */
export function set(
  Name: string,
  Type: "A" | "AAAA" | "CNAME" | "TXT" | "MX" | "NS" | "CAA" | "SRV",
  values: readonly string[],
  more: Partial<ResourceRecordSet> = {},
): ResourceRecordSet {
  return { Name, Type, TTL: 60, ResourceRecords: values.map((Value) => ({ Value })), ...more };
}

/** A weighted CNAME to one name. */
export function weighted(
  name: string,
  identifier: string,
  weight: number,
  target: string,
  more: Partial<ResourceRecordSet> = {},
) {
  return set(name, "CNAME", [target], { SetIdentifier: identifier, Weight: weight, ...more });
}
