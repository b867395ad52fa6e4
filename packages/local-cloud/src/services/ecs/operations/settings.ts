import type { Setting, SettingName } from "@aws-sdk/client-ecs";
import { pageOf } from "../../paging.ts";
import { badToken, invalid } from "../errors.ts";
import { PAGE_ITEMS } from "../limits.ts";
import type { Ecs } from "../parts.ts";
import type { EcsHandlers } from "../sdk.ts";
import type { PlaceState } from "../state.ts";

/** What holds until somebody sets it. Source: AWS docs, Access Amazon ECS features with account settings. */
const DEFAULTS: Record<SettingName, string> = {
  awsvpcTrunking: "disabled",
  containerInsights: "disabled",
  containerInstanceLongArnFormat: "enabled",
  defaultLogDriverMode: "non-blocking",
  fargateEventWindows: "disabled",
  fargateFIPSMode: "disabled",
  fargateTaskRetirementWaitPeriod: "7",
  guardDutyActivate: "off",
  serviceLongArnFormat: "enabled",
  tagResourceAuthorization: "on",
  taskLongArnFormat: "enabled",
};

const NAMES = Object.keys(DEFAULTS).filter(isName);

export function settingOperations(ecs: Ecs) {
  const put = (
    state: PlaceState,
    principal: string,
    { name, value }: { name: SettingName | undefined; value: string | undefined },
  ): Setting => {
    const known = nameOf(name);
    state.settings.set(`${principal} ${known}`, value ?? "");
    return { name: known, value, principalArn: principal, type: "user" };
  };
  return {
    PutAccountSetting(input, context) {
      const principal = input.principalArn ?? context.caller.arn;
      const { name, value } = input;
      return { setting: put(ecs.in(context), principal, { name, value }) };
    },

    PutAccountSettingDefault(input, context) {
      const { name, value } = input;
      const setting = put(ecs.in(context), "default", { name, value });
      return { setting: { ...setting, principalArn: rootOf(context.account) } };
    },

    DeleteAccountSetting(input, context) {
      const state = ecs.in(context);
      const principal = input.principalArn ?? context.caller.arn;
      const name = nameOf(input.name);
      const value = state.settings.get(`${principal} ${name}`);
      state.settings.delete(`${principal} ${name}`);
      return { setting: { name, value, principalArn: principal, type: "user" as const } };
    },

    ListAccountSettings(input, context) {
      const state = ecs.in(context);
      const principal = input.principalArn ?? context.caller.arn;
      const wanted = input.name === undefined ? NAMES : [nameOf(input.name)];
      const settings = wanted
        .filter(
          (name) => input.effectiveSettings === true || state.settings.has(`${principal} ${name}`),
        )
        .map((name): Setting => ({
          name,
          value: settingOf(state, principal, name),
          principalArn: principal,
          type: name === "guardDutyActivate" ? "aws_managed" : "user",
        }))
        .filter(({ value }) => input.value === undefined || value === input.value);
      const page = pageOf(settings, {
        keyOf: ({ name }) => name ?? "",
        token: input.nextToken,
        limit: input.maxResults || PAGE_ITEMS,
        badToken,
      });
      return { settings: page.items, nextToken: page.nextToken };
    },
  } satisfies EcsHandlers;
}

/** What holds for a principal: its own setting, the account's default, or AWS's. */
export function settingOf({ settings }: PlaceState, principal: string, name: SettingName): string {
  return settings.get(`${principal} ${name}`) ?? settings.get(`default ${name}`) ?? DEFAULTS[name];
}

function nameOf(name: SettingName | undefined): SettingName {
  // Unverified: the text.
  if (name === undefined || !isName(name)) throw invalid(`Unrecognized setting: ${name ?? ""}`);
  return name;
}

function isName(name: string): name is SettingName {
  return Object.hasOwn(DEFAULTS, name);
}

function rootOf(account: string): string {
  return `arn:aws:iam::${account}:root`;
}
