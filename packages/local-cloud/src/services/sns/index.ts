import type { Cloud, Service } from "../../service.ts";
import { createConfirmations } from "./confirmations.ts";
import { createHttpSender } from "./delivery/http-sender.ts";
import { outboxItems } from "./delivery/outbox.ts";
import { createDeliveryQueue } from "./delivery/queue.ts";
import { createSnsDoor } from "./door.ts";
import { snsFacts } from "./facts.ts";
import { createTopicMetrics } from "./metrics.ts";
import { permissionOperations } from "./operations/permissions.ts";
import { publicationOperations } from "./operations/publications.ts";
import { subscriptionOperations } from "./operations/subscriptions.ts";
import { tagOperations } from "./operations/tags.ts";
import { textMessageOperations } from "./operations/text-messages.ts";
import { topicOperations } from "./operations/topics.ts";
import type { SnsParts } from "./parts.ts";
import { createPublisher } from "./publisher.ts";
import type { SnsHandlers } from "./sdk.ts";
import { signerOf } from "./signing/signer.ts";
import { createSnsState } from "./state.ts";
import { createTopicPort, listenToBus } from "./topic-port.ts";

/** Amazon SNS: topics, subscriptions, filters, and the deliveries themselves. */
export function createSns(cloud: Cloud): Service {
  const sns = createSnsState(cloud);
  const signer = signerOf(cloud);
  const metrics = createTopicMetrics(cloud);
  const http = createHttpSender();
  const queue = createDeliveryQueue({ cloud, sns, http, signer, metrics });
  const confirmations = createConfirmations(cloud, queue);
  const publisher = createPublisher({ cloud, queue, metrics });
  const topics = createTopicPort(sns, publisher);
  const stopListening = listenToBus(cloud, topics);
  const door = createSnsDoor({ cloud, sns, confirmations, signer });
  return {
    handlers: handlersOf({ cloud, sns, publisher, confirmations }),
    ports: { topics, outbox: { items: () => outboxItems(sns) } },
    facts: snsFacts(sns),
    resume: () => queue.resume(),
    serve: (request, response, match) => door.serve(request, response, match),
    async close() {
      stopListening();
      queue.stop();
      await http.close();
      await queue.ended();
    },
  };
}

function handlersOf(parts: SnsParts) {
  return {
    ...topicOperations(parts),
    ...tagOperations(parts),
    ...permissionOperations(parts),
    ...subscriptionOperations(parts),
    ...publicationOperations(parts),
    ...textMessageOperations(parts),
  } satisfies SnsHandlers;
}
