import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import {
  CreateTopicCommand,
  type CreateTopicCommandInput,
  PublishCommand,
  type PublishCommandInput,
  SNSClient,
  SubscribeCommand,
  type SubscribeCommandInput,
} from "@aws-sdk/client-sns";
import { expect } from "vitest";
import { virtualClock } from "../../../src/clock.ts";
import type { OutboxItem } from "../../../src/data-plane/ports.ts";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

export const START_MS = Date.parse("2026-11-21T12:00:00Z");
export const TOPIC = "arn:aws:sns:us-east-1:000000000000:orders";
export const QUEUE = "arn:aws:sqs:us-east-1:000000000000:orders";

export interface SnsCloud extends TestCloud {
  readonly sns: SNSClient;
  createTopic(more?: Partial<CreateTopicCommandInput>): Promise<void>;
  /** The ARN, also while it is pending. */
  subscribe(more: Partial<SubscribeCommandInput>): Promise<string>;
  publish(more?: Partial<PublishCommandInput>): Promise<string>;
  /** Lets everything that is due now happen first. */
  outbox(): Promise<OutboxItem[]>;
}

/** A cloud on virtual time. Its topic is "orders". */
export async function startSnsCloud(options: LocalCloudOptions = {}): Promise<SnsCloud> {
  const clock = virtualClock(START_MS, (error) => {
    throw error;
  });
  const cloud = await startTestCloud({ clock, ...options });
  const sns = cloud.client(SNSClient);
  return {
    ...cloud,
    sns,
    async createTopic(more = {}) {
      await sns.send(new CreateTopicCommand({ Name: "orders", ...more }));
    },
    async subscribe(more) {
      const input = { TopicArn: TOPIC, Protocol: "http", ReturnSubscriptionArn: true, ...more };
      return (await sns.send(new SubscribeCommand(input))).SubscriptionArn ?? "";
    },
    async publish(more = {}) {
      const input = { TopicArn: TOPIC, Message: "hello", ...more };
      return (await sns.send(new PublishCommand(input))).MessageId ?? "";
    },
    async outbox() {
      await cloud.advance(0);
      const answer = await fetch(`${cloud.url}/_headgate/outbox`);
      return ((await answer.json()) as { items: OutboxItem[] }).items;
    },
  };
}

export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A real endpoint of somebody: remembers what it gets, and answers as it is told. */
export interface Endpoint {
  readonly url: string;
  readonly received: Received[];
  /** The statuses of the next answers; 200 when there are none left. */
  readonly statuses: number[];
  close(): Promise<void>;
}

export async function startEndpoint(): Promise<Endpoint> {
  const received: Received[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const { method, url: path, headers } = request;
    void text(request).then((body) => {
      received.push({ method, path, headers, body });
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    statuses,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** Subscribes an endpoint and confirms it as its owner would, by the link. */
export async function subscribeEndpoint(
  cloud: SnsCloud,
  endpoint: Endpoint,
  Attributes?: Record<string, string>,
): Promise<string> {
  const arn = await cloud.subscribe({ Endpoint: endpoint.url, Attributes });
  await cloud.advance(0);
  const confirmation = endpoint.received.splice(0).at(-1);
  const { SubscribeURL } = JSON.parse(confirmation?.body ?? "{}") as { SubscribeURL: string };
  expect((await fetch(SubscribeURL)).status).toBe(200);
  return arn;
}
