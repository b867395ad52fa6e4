import type { ProtocolName } from "../../model/protocols.ts";
import type { Protocol } from "./protocol.ts";
import { queryProtocol } from "./query.ts";
import { restJsonProtocol } from "./rest-json.ts";
import { restXmlProtocol } from "./rest-xml.ts";
import { rpcProtocol } from "./rpc.ts";

const PROTOCOLS_BY_NAME: Readonly<Record<ProtocolName, Protocol>> = {
  awsJson1_0: rpcProtocol("awsJson1_0"),
  awsJson1_1: rpcProtocol("awsJson1_1"),
  awsQuery: queryProtocol("awsQuery"),
  ec2Query: queryProtocol("ec2Query"),
  restJson1: restJsonProtocol(),
  restXml: restXmlProtocol(),
  rpcv2Cbor: rpcProtocol("rpcv2Cbor"),
  rpcv2Json: rpcProtocol("rpcv2Json"),
};

export function protocol(name: ProtocolName): Protocol {
  return PROTOCOLS_BY_NAME[name];
}
