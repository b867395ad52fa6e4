import {
  type Change,
  changeBetween,
  DASHBOARD_MARK,
  type DashboardBody,
  RolloutError,
} from "@headgate/core";
import { isNotFound } from "../aws/errors.ts";
import type { MonitoringAccess } from "./parts.ts";

export interface PutDashboard {
  readonly change: Change;
  /** What CloudWatch saved and warns of. */
  readonly messages: readonly string[];
}

/**
 * Makes the dashboard what it should be; one that is so already is not written.
 * @throws {RolloutError} USAGE when a dashboard of that name is somebody else's.
 */
export async function putDashboard(
  access: MonitoringAccess,
  parts: { readonly name: string; readonly body: DashboardBody; readonly overwrite: boolean },
): Promise<PutDashboard> {
  const { clients, run } = access;
  const { name, body, overwrite } = parts;
  const before = await readDashboard(access, name);
  if (before !== undefined && !overwrite && !before.includes(DASHBOARD_MARK)) {
    throw new RolloutError(
      "USAGE",
      `there is a dashboard ${name} already, and Headgate has not put it`,
      { hint: "Choose another --name, or overwrite it with --yes." },
    );
  }
  const text = JSON.stringify(body);
  const change = changeBetween(before === undefined ? undefined : factsIn(before), factsIn(text));
  if (change.kind === "unchanged") return { change, messages: [] };
  const cloudWatch = await clients.cloudWatch();
  const answer = await run(
    { action: "cloudwatch:PutDashboard", subject: `dashboard ${name}` },
    (abortSignal) =>
      cloudWatch.putDashboard({ DashboardName: name, DashboardBody: text }, { abortSignal }),
  );
  const messages = (answer.DashboardValidationMessages ?? []).map(
    ({ DataPath, Message }) => `${DataPath ?? ""}: ${Message ?? ""}`,
  );
  return { change, messages };
}

async function readDashboard(
  { clients, run }: MonitoringAccess,
  name: string,
): Promise<string | undefined> {
  const cloudWatch = await clients.cloudWatch();
  try {
    const { DashboardBody } = await run(
      { action: "cloudwatch:GetDashboard", subject: `dashboard ${name}` },
      (abortSignal) => cloudWatch.getDashboard({ DashboardName: name }, { abortSignal }),
    );
    return DashboardBody;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Widgets by their titles, as what people are told of a change: not their whole text. */
function factsIn(text: string): Readonly<Record<string, string>> {
  const facts: Record<string, string> = {};
  for (const [index, widget] of widgetsIn(text).entries()) {
    const { title, markdown } = propertiesOf(widget);
    const heading = /^#+ (.*)/.exec(markdown)?.[1];
    const name = title === "" ? `text "${heading ?? markdown.slice(0, 40)}"` : title;
    const whole = JSON.stringify(widget);
    facts[facts[name] === undefined ? name : `${name} (${index})`] =
      `${whole.length} characters, ${checksum(whole)}`;
  }
  return facts;
}

function widgetsIn(text: string): readonly unknown[] {
  try {
    const body: unknown = JSON.parse(text);
    const found = Object(body).widgets;
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

function propertiesOf(widget: unknown): { readonly title: string; readonly markdown: string } {
  const { title, markdown } = Object(Object(widget).properties);
  return { title: textOf(title), markdown: textOf(markdown) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Tells two widgets of the same length apart: no more is asked of it. */
function checksum(text: string): string {
  let sum = 0;
  for (let index = 0; index < text.length; index++) {
    sum = (Math.imul(sum, 31) + text.charCodeAt(index)) | 0;
  }
  return (sum >>> 0).toString(16);
}
