/*
 * Protects HTTPS listeners: the cloud's one port speaks both http and https once there is one, with a certificate
 * of the name that the client asks for, and each finds its own listener.
 */
import { Agent, request as overHttp } from "node:http";
import { request } from "node:https";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { CreateListenerCommand } from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ECHO, forwardTo, latticeCloud, type LatticeCloud } from "./lattice-cloud.ts";

let at: LatticeCloud;
let service: Awaited<ReturnType<LatticeCloud["service"]>>;
let name: string;
let before: number | undefined;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

beforeAll(async () => {
  at = await latticeCloud();
  const group = await at.functionGroup("secure", ECHO);
  service = await at.service({ fixedResponse: { statusCode: 404 } });
  // This connection is from before the port speaks https, and goes on.
  before = await statusOverHttp();
  await at.lattice.send(
    new CreateListenerCommand({
      serviceIdentifier: service.id,
      name: "tls",
      protocol: "HTTPS",
      defaultAction: forwardTo(group),
    }),
  );
  name = service.domainName.replace(/:\d+$/, "");
});
afterAll(async () => {
  // Without a wait for the agent's own connection: the cloud ends it.
  await at.close();
  agent.destroy();
});

async function statusOverHttp() {
  const { port } = at.cloud;
  const path = `/_aws/vpc-lattice/${service.id}/`;
  const call = overHttp({ host: "127.0.0.1", port, path, agent });
  call.end();
  const [response]: IncomingMessage[] = await once(call, "response");
  response?.resume();
  return response?.statusCode;
}

it("serves the HTTPS listener over https, and the HTTP listener over http, on one port", async () => {
  const call = request({
    host: "127.0.0.1",
    port: at.cloud.port,
    servername: name,
    headers: { host: service.domainName },
    path: "/secret",
    method: "POST",
    rejectUnauthorized: false,
  });
  call.end("payload");
  const [response]: IncomingMessage[] = await once(call, "response");
  if (response === undefined) throw new Error("no response");
  expect(response.statusCode).toBe(200);
  expect(JSON.parse(await text(response))).toMatchObject({
    raw_path: "/secret",
    headers: { "x-forwarded-proto": "https", "x-forwarded-port": "443" },
  });
  expect([before, await statusOverHttp()]).toEqual([404, 404]);
  expect((await service.call("/")).status).toBe(404);
});

it("shows a certificate of the name that was asked for", async () => {
  const socket = connect({
    host: "127.0.0.1",
    port: at.cloud.port,
    servername: name,
    rejectUnauthorized: false,
  });
  await once(socket, "secureConnect");
  const certificate = socket.getPeerX509Certificate();
  expect(certificate?.checkHost(name)).toBe(name);
  expect(certificate?.checkHost("other.localhost")).toBeUndefined();
  expect(certificate?.verify(certificate.publicKey)).toBe(true);
  socket.destroy();
});
