import { pageOf } from "../../paging.ts";
import { badToken, busExists, tooMany, validation } from "../errors.ts";
import { BUSES, PAGE_ITEMS } from "../limits.ts";
import type { EventsParts } from "../parts.ts";
import type { EventsHandlers } from "../sdk.ts";
import {
  busArn,
  busNameOf,
  type BusRow,
  DEFAULT_BUS,
  findBus,
  rulesOn,
  stateOf,
} from "../state.ts";
import { tagsOf } from "./tags.ts";

/** Event buses: the default one and users' own. */
export function busOperations({ cloud: { store, clock } }: EventsParts) {
  return {
    CreateEventBus(input, context) {
      const { buses } = stateOf(store, context);
      const name = input.Name ?? "";
      if (name === DEFAULT_BUS || buses.has(name)) throw busExists(name);
      if (name.includes("/")) {
        // Unverified: the text.
        throw validation(`Event bus name ${name} must not contain '/'.`);
      }
      if (buses.size >= BUSES) throw tooMany();
      const bus: BusRow = {
        name,
        arn: busArn(context, name),
        description: input.Description,
        kmsKeyIdentifier: input.KmsKeyIdentifier,
        deadLetterArn: input.DeadLetterConfig?.Arn,
        policy: undefined,
        tags: tagsOf({}, input.Tags),
        createdAtMs: clock.nowMs(),
        changedAtMs: clock.nowMs(),
      };
      buses.set(name, bus);
      return { EventBusArn: bus.arn, ...settings(bus) };
    },

    UpdateEventBus(input, context) {
      const state = stateOf(store, context);
      const before = findBus(state, context, busNameOf(input.Name));
      const bus = {
        ...before,
        description: input.Description ?? before.description,
        kmsKeyIdentifier: input.KmsKeyIdentifier ?? before.kmsKeyIdentifier,
        deadLetterArn: input.DeadLetterConfig?.Arn ?? before.deadLetterArn,
        changedAtMs: clock.nowMs(),
      };
      state.buses.set(bus.name, bus);
      return { Arn: bus.arn, Name: bus.name, ...settings(bus) };
    },

    DescribeEventBus(input, context) {
      const bus = findBus(stateOf(store, context), context, busNameOf(input.Name));
      return { ...shownBus(bus), ...settings(bus) };
    },

    ListEventBuses(input, context) {
      const state = stateOf(store, context);
      const own = [...state.buses.values()].filter(({ name }) => name !== DEFAULT_BUS);
      const all = [findBus(state, context, DEFAULT_BUS), ...own].filter(({ name }) =>
        name.startsWith(input.NamePrefix ?? ""),
      );
      const page = pageOf(all, {
        keyOf: ({ name }) => name,
        token: input.NextToken,
        limit: input.Limit ?? PAGE_ITEMS,
        badToken,
      });
      return { EventBuses: page.items.map(shownBus), NextToken: page.nextToken };
    },

    DeleteEventBus(input, context) {
      const state = stateOf(store, context);
      const name = busNameOf(input.Name);
      if (name === DEFAULT_BUS) throw validation("Cannot delete event bus default.");
      findBus(state, context, name);
      if (rulesOn(state, name).length > 0) {
        // Unverified: the text.
        throw validation(`Event bus ${name} can't be deleted since it has rules.`);
      }
      state.buses.delete(name);
      return {};
    },
  } satisfies EventsHandlers;
}

function shownBus(bus: BusRow) {
  return {
    Name: bus.name,
    Arn: bus.arn,
    Description: bus.description,
    Policy: bus.policy,
    CreationTime: new Date(bus.createdAtMs),
    LastModifiedTime: new Date(bus.changedAtMs),
  };
}

function settings({ description, kmsKeyIdentifier, deadLetterArn }: BusRow) {
  return {
    Description: description,
    KmsKeyIdentifier: kmsKeyIdentifier,
    DeadLetterConfig: deadLetterArn === undefined ? undefined : { Arn: deadLetterArn },
  };
}
