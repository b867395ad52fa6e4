import type { DoorMatch } from "../service.ts";
import type { ServiceName } from "../services/registry.ts";

/** Where users' own traffic comes in, by host name or by path, and which service serves it. */
interface Door {
  readonly door: string;
  readonly service: ServiceName;
  /** First group: the resource's id; second, when there is one: the region. */
  readonly hosts: readonly RegExp[];
  /** First group: the resource's id; second: the rest of the path. Left out: by host alone. */
  readonly path?: RegExp;
}

const DOORS: readonly Door[] = [
  {
    door: "execute-api",
    service: "apigateway",
    hosts: [
      /^([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.(?:amazonaws\.com|localhost)$/,
      /^([a-z0-9]+)\.execute-api\.localhost$/,
    ],
    path: /^\/_aws\/execute-api\/([^/?]+)(.*)$/,
  },
  {
    door: "lambda-url",
    service: "lambda",
    hosts: [
      /^([a-z0-9]+)\.lambda-url\.([a-z0-9-]+)\.(?:on\.aws|localhost)$/,
      /^([a-z0-9]+)\.lambda-url\.localhost$/,
    ],
    path: /^\/_aws\/lambda-url\/([^/?]+)(.*)$/,
  },
  {
    // The port in the path form is the listener's: "svc-0123456789abcdef0:8080".
    door: "vpc-lattice",
    service: "vpc-lattice",
    hosts: [
      /^([a-z0-9-]+-[0-9a-z]{17})\.vpc-lattice-svcs\.localhost$/,
      /^([a-z0-9-]+-[0-9a-z]{17})\.[0-9a-f]{7}\.vpc-lattice-svcs\.([a-z0-9-]+)\.(?:on\.aws|localhost)$/,
    ],
    path: /^\/_aws\/vpc-lattice\/([^/?]+)(.*)$/,
  },
  {
    // The port in the path form is the listener's: "orders-1234567890:8080". Without an id: where listeners are.
    door: "elb",
    service: "elasticloadbalancing",
    hosts: [
      /^([a-z0-9-]+-\d{10})\.elb\.localhost$/,
      /^([a-z0-9-]+-\d{10})\.([a-z0-9-]+)\.elb\.(?:amazonaws\.com|localhost)$/,
    ],
    path: /^\/_aws\/elb(?:$|\/)([^/?]*)(.*)$/,
  },
  {
    // Where GetFunction's Code.Location points: the zip by its SHA-256.
    door: "lambda-code",
    service: "lambda",
    hosts: [],
    path: /^\/_aws\/lambda-code\/([^/?]+)(.*)$/,
  },
  {
    // The registry of containers. Without such a host it is told by its path: `findRegistry`.
    door: "registry",
    service: "ecr",
    hosts: [/^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.(?:amazonaws\.com|localhost)$/],
  },
  {
    // Where GetDownloadUrlForLayer points to: a layer by its digest.
    door: "ecr-layer",
    service: "ecr",
    hosts: [],
    path: /^\/_aws\/ecr-layer\/([^/?]+)(.*)$/,
  },
  {
    // What a container may ask of its task: ECS_CONTAINER_METADATA_URI_V4. The id is the account.
    door: "ecs-metadata",
    service: "ecs",
    hosts: [],
    path: /^\/_aws\/ecs-metadata\/(\d{12})(\/.*)$/,
  },
  {
    // Where messages point to: certificates, and links that confirm and end subscriptions.
    door: "sns",
    service: "sns",
    hosts: [],
    path: /^\/_aws\/(sns)((?:[/?].*)?)$/,
  },
];

export interface OpenDoor {
  readonly service: ServiceName;
  readonly match: DoorMatch;
}

/**
 * Recognises data-plane traffic. Undefined for everything else: the AWS APIs and the cloud's own.
 *
 * @param host the Host header, with or without a port.
 * @param target the request target, query string included.
 */
export function findDoor(
  host: string | undefined,
  target: string,
  ownRegion: string,
): OpenDoor | undefined {
  if (target.startsWith("/_aws/")) return byPath(target, ownRegion);
  // Most requests come to "127.0.0.1:4566" or "localhost:4566": no letter before a dot, no door.
  if (host === undefined || !host.includes("-")) return undefined;
  return byHost(withoutPort(host), target, ownRegion);
}

/**
 * Recognises a container tool, which names no host but the cloud's own: every path of its API begins
 * with /v2. Calls to AWS's APIs may begin so too, but they are signed.
 */
export function findRegistry(
  target: string,
  authorization: string | undefined,
  ownRegion: string,
): OpenDoor | undefined {
  if (!/^\/v2(?:[/?]|$)/.test(target) || authorization?.startsWith("AWS4-")) return undefined;
  return {
    service: "ecr",
    match: { door: "registry", id: "", region: ownRegion, path: target },
  };
}

function byPath(target: string, ownRegion: string): OpenDoor | undefined {
  for (const { door, service, path } of DOORS) {
    const found = path?.exec(target);
    if (!found) continue;
    return {
      service,
      match: { door, id: found[1] ?? "", region: ownRegion, path: rooted(found[2] ?? "") },
    };
  }
  return undefined;
}

function byHost(hostname: string, target: string, ownRegion: string): OpenDoor | undefined {
  for (const { door, service, hosts } of DOORS) {
    for (const pattern of hosts) {
      const found = pattern.exec(hostname);
      if (found === null) continue;
      const region = found[2] ?? ownRegion;
      return { service, match: { door, id: found[1] ?? "", region, path: rooted(target) } };
    }
  }
  return undefined;
}

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(":");
  return (colon < 0 ? host : host.slice(0, colon)).toLowerCase();
}

function rooted(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}
