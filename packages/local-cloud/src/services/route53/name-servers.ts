import type { Random } from "../../random.ts";
import type { RecordRow, ZoneRow } from "./state.ts";

const ENDS = ["com", "net", "org", "co.uk"] as const;

/** Four name servers, one under each of AWS's four ends: "ns-512.awsdns-00.net". */
export function publicNameServers(random: Random): string[] {
  return ENDS.map((end, index) => {
    const number = random.int(512);
    const group = String(Math.floor(number / 8)).padStart(2, "0");
    return `ns-${index * 512 + number}.awsdns-${group}.${end}`;
  });
}

/** The same for every private zone: nobody on the Internet asks them. */
export const PRIVATE_NAME_SERVERS = ENDS.map((end, index) => `ns-${index * 512}.awsdns-00.${end}`);

/** The two sets that every zone has. Source: AWS docs, "NS and SOA records that Amazon Route 53 creates". */
export function apexRecords({ name, nameServers }: ZoneRow): RecordRow[] {
  const [first = ""] = nameServers;
  return [
    {
      Name: name,
      Type: "NS",
      TTL: 172_800,
      ResourceRecords: nameServers.map((server) => ({ Value: `${server}.` })),
    },
    {
      Name: name,
      Type: "SOA",
      TTL: 900,
      ResourceRecords: [
        { Value: `${first}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400` },
      ],
    },
  ];
}
