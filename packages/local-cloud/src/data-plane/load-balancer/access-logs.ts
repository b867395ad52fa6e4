import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Scheduled } from "../../clock.ts";
import type { Cloud } from "../../service.ts";
import type { LiveBalancer } from "./live-balancers.ts";

/** Source: AWS docs, "Access logs for your Application Load Balancer": a file each 5 minutes. */
const EVERY_MS = 5 * 60_000;
/** Ours: what is kept in memory until then. */
const HELD_CHARACTERS_MAX = 8 * 1024 * 1024;

interface Held {
  readonly balancer: LiveBalancer;
  lines: string[];
  characters: number;
  readonly timer: Scheduled;
}

/**
 * Writes access logs where S3 would have them: a folder of the data directory (or of the cloud's scratch files) stands for
 * all buckets, with AWS's own names below it.
 */
export class AccessLogs {
  readonly #cloud: Cloud;
  readonly #held = new Map<string, Held>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** @param line made only when it is wanted. */
  add(balancer: LiveBalancer, line: () => string): void {
    if (balancer.attributes["access_logs.s3.enabled"] !== "true") return;
    const held = this.#held.get(balancer.arn) ?? this.#begin(balancer);
    const text = line();
    held.lines.push(text);
    held.characters += text.length;
    if (held.characters > HELD_CHARACTERS_MAX) this.#write(held);
  }

  /** Writes what is there, and begins no more. */
  close(): void {
    for (const held of this.#held.values()) this.#write(held);
  }

  #begin(balancer: LiveBalancer): Held {
    const { clock } = this.#cloud;
    const endMs = (Math.floor(clock.nowMs() / EVERY_MS) + 1) * EVERY_MS;
    const timer = clock.schedule(endMs, () => this.#write(held));
    const held: Held = { balancer, lines: [], characters: 0, timer };
    this.#held.set(balancer.arn, held);
    return held;
  }

  #write(held: Held): void {
    const { balancer, lines, timer } = held;
    timer.cancel();
    this.#held.delete(balancer.arn);
    const folder = folderOf(balancer, this.#cloud);
    if (folder === undefined || lines.length === 0) return;
    const { account, region } = balancer.place;
    const { clock, random } = this.#cloud;
    const stamp = new Date(clock.nowMs()).toISOString();
    const path = join(folder, stamp.slice(0, 10).replaceAll("-", "/"));
    const end = `${stamp.slice(0, 16).replaceAll(/[-:]/g, "")}Z`;
    const id = balancer.dimension.replaceAll("/", ".");
    const name = `${account}_elasticloadbalancing_${region}_${id}_${end}_127.0.0.1_${random.hex(4)}.log.gz`;
    try {
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, name), gzipSync(`${lines.join("\n")}\n`));
    } catch (error) {
      this.#cloud.warn(`the access log of ${balancer.dimension} was not written: ${String(error)}`);
    }
  }
}

/** Where the cloud keeps what would be in S3. */
export function bucketsFolder({ store, options }: Pick<Cloud, "store" | "options">): string {
  return join(store.directory ?? options.scratchDirectory, "s3");
}

/** Undefined when bucket or prefix are no names that S3 would take: they must not lead elsewhere. */
function folderOf({ attributes, place }: LiveBalancer, cloud: Cloud): string | undefined {
  const bucket = attributes["access_logs.s3.bucket"] ?? "";
  const prefix = (attributes["access_logs.s3.prefix"] ?? "").split("/").filter((one) => one !== "");
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || bucket.includes("..")) return undefined;
  if (prefix.some((one) => !/^[\w.!*'()-]+$/.test(one) || /^\.+$/.test(one))) return undefined;
  const own = ["AWSLogs", place.account, "elasticloadbalancing", place.region];
  return join(bucketsFolder(cloud), bucket, ...prefix, ...own);
}
