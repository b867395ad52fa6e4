// Protects that records lead to VPC Lattice services too, by the name that DNS would give them.
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { createServer, request } from "node:http";
import { expect, it } from "vitest";
import { forwardTo, latticeCloud } from "../vpclattice/lattice-cloud.ts";
import { create, weighted } from "./route53-cloud.ts";

it("splits a name between two services by weight", async () => {
  const at = await latticeCloud();
  const servers = ["a", "b"].map((name) =>
    createServer((_request, response) => response.end(name)),
  );
  try {
    const names: string[] = [];
    for (const server of servers) {
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      const service = await at.service(forwardTo(await at.addressGroup([port])));
      // As on AWS, where it can be found by DNS: without the port that the local cloud adds.
      names.push(service.domainName.replace(/:\d+$/, ""));
    }
    const route53 = at.cloud.client<Route53Client>(Route53Client);
    const { HostedZone } = await route53.send(
      new CreateHostedZoneCommand({ Name: "example.com", CallerReference: "one" }),
    );
    const Changes = names.map((name, index) =>
      create(weighted("shop.example.com", `service-${index}`, 1, name)),
    );
    await route53.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: HostedZone?.Id,
        ChangeBatch: { Changes },
      }),
    );
    const seen = new Set<string>();
    for (let index = 0; index < 40; index++) seen.add(await get(at.cloud.port));
    expect([...seen].toSorted()).toEqual(["a", "b"]);
  } finally {
    for (const server of servers) server.close();
    await at.close();
  }
});

function get(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { host: "shop.example.com" };
    request({ port, host: "127.0.0.1", headers }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve(body));
    })
      .on("error", reject)
      .end();
  });
}
