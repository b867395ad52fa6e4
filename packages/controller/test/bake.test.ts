// Protects what a bake is compared with: whole minutes that are counted already, and the same ones of the days before.
import type { MetricSource, MetricWindow } from "@headgate/core";
import { expect, it } from "vitest";

import { compareBake } from "../src/bake.ts";
import { Platform } from "./support/platform.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const NOON_MS = 1_800_000_000_000 - (1_800_000_000_000 % DAY_MS) + DAY_MS / 2;

/** Counts 10 requests in each whole minute of a window, and remembers what it was asked. */
function source(lagMs: number): { readonly metrics: MetricSource; readonly asked: MetricWindow[] } {
  const asked: MetricWindow[] = [];
  const history: MetricSource["history"] = async (window) => {
    asked.push(window);
    const minutes = Math.floor((window.toMs - window.fromMs) / MINUTE_MS);
    return [{ ...window, requests: 10 * minutes, errors: minutes }];
  };
  return { metrics: { ...new Platform().drivers.metrics, lagMs, history }, asked };
}

it("asks for whole minutes of the bake and of the same time a day and a week before", async () => {
  const { metrics, asked } = source(1000);
  const bake = await compareBake(metrics, { fromMs: NOON_MS + 20_000, toMs: NOON_MS + 140_000 });
  expect(bake).toEqual({
    now: { requests: 20, errors: 2 },
    dayBefore: { requests: 20, errors: 2 },
    weekBefore: { requests: 20, errors: 2 },
  });
  const [now, day, week] = asked;
  expect(now).toEqual({ fromMs: NOON_MS, toMs: NOON_MS + 2 * MINUTE_MS });
  expect(day?.fromMs).toBe(NOON_MS - DAY_MS);
  expect(week?.fromMs).toBe(NOON_MS - 7 * DAY_MS);
});

it("asks for nothing while no minute of the bake is counted", async () => {
  const { metrics, asked } = source(120_000);
  expect(await compareBake(metrics, { fromMs: NOON_MS, toMs: NOON_MS + 150_000 })).toEqual({});
  expect(asked).toEqual([]);
});
