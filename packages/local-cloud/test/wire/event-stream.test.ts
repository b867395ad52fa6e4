// Answers that are streams of events, read by the SDK's own event stream reader, checksums and all.
import { InvokeWithResponseStreamCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CloudWatchLogsClient, StartLiveTailCommand } from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CREDENTIALS } from "./sdk-client.ts";
import { startWireServer, type WireServer } from "./wire-server.ts";

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
afterAll(() => server.close());

const settings = () => ({
  region: "us-west-2",
  endpoint: server.endpoint,
  credentials: CREDENTIALS,
  disableHostPrefix: true,
});

async function all<Event>(stream: AsyncIterable<Event> | undefined): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream ?? []) events.push(event);
  return events;
}

it("restJson1: raw payloads, and documents", async () => {
  const client = new LambdaClient(settings());
  const chunks = [Buffer.from("Hello "), Buffer.from([0, 255])];
  server.answer(() => ({
    StatusCode: 200,
    ExecutedVersion: "3",
    EventStream: [
      ...chunks.map((Payload) => ({ PayloadChunk: { Payload } })),
      { InvokeComplete: { ErrorCode: "Unhandled", LogResult: "bG9n" } },
    ],
  }));
  const output = await client.send(new InvokeWithResponseStreamCommand({ FunctionName: "f" }));
  expect(output.ExecutedVersion).toBe("3");
  const events = await all(output.EventStream);
  const payloads = events.map(({ PayloadChunk }) => PayloadChunk?.Payload ?? []);
  expect(Buffer.concat(payloads.map((bytes) => Buffer.from(bytes)))).toEqual(Buffer.concat(chunks));
  expect(events.at(-1)).toEqual({ InvokeComplete: { ErrorCode: "Unhandled", LogResult: "bG9n" } });
  client.destroy();
});

it("awsJson1_1: after an initial response, and ended by a modelled error", async () => {
  const client = new CloudWatchLogsClient(settings());
  server.answer(() => ({
    responseStream: [
      { sessionStart: { sessionId: "s", logGroupIdentifiers: ["g"] } },
      { sessionUpdate: { sessionResults: [{ message: "hé", timestamp: 5 }] } },
      { SessionTimeoutException: { message: "Session expired" } },
    ],
  }));
  const output = await client.send(
    new StartLiveTailCommand({ logGroupIdentifiers: ["arn:aws:logs:us-west-2:1:log-group:g"] }),
  );
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const event of output.responseStream ?? []) seen.push(event);
  })();
  await expect(reading).rejects.toMatchObject({
    name: "SessionTimeoutException",
    message: "Session expired",
  });
  expect(seen).toEqual([
    { sessionStart: { sessionId: "s", logGroupIdentifiers: ["g"] } },
    { sessionUpdate: { sessionResults: [{ message: "hé", timestamp: 5 }] } },
  ]);
  client.destroy();
});
