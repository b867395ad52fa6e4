import { jsonCodec } from "../codecs/json.ts";
import type { Protocol } from "./protocol.ts";
import { readRaw, restProtocol } from "./rest.ts";
import { MESSAGE_ONLY } from "./rpc.ts";

export function restJsonProtocol(): Protocol {
  const codec = jsonCodec("rest");
  return restProtocol({
    contentType: "application/json",
    readStructure: codec.readStructure,
    readPayload: (member, body) => readRaw(member, body) ?? codec.readValue(member.shape, body),
    writeStructure: (shape, value) => bytesOf(codec.writeStructure(shape, value)),
    writePayload: (member, value) => bytesOf(codec.writeValue(member.shape, value)),
    writeFailure: (failure, body) =>
      bytesOf(
        codec.writeStructure(failure.shape === undefined ? MESSAGE_ONLY : body, failure.members),
      ),
  });
}

function bytesOf(tree: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(tree));
}
