import { createHash } from "node:crypto";
import type { DashboardView } from "../views.ts";
import { Html, markup } from "./html.ts";
import { secondText } from "./numbers.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import { widget } from "./widget.ts";

const SCRIPT_HASH = createHash("sha256").update(SCRIPT).digest("base64");

/** The page runs its own script and nothing else, and asks nobody but the cloud. Places on the grid are style attributes. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": [
    "default-src 'none'",
    `script-src 'sha256-${SCRIPT_HASH}'`,
    "style-src 'unsafe-inline'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
};

const LIST = "/_headgate/dashboards";

function pageOf(title: string, header: Html, main: Html): string {
  const page = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${new Html(STYLE)}</style></head>
<body><header>${header}<button id="theme" type="button">Light / dark</button></header>
${main}
<div id="tip" role="status"></div><script>${new Html(SCRIPT)}</script></body></html>
`;
  return page.text;
}

/** @param links query of the other pages: "?account=..." or "". */
export function listPage(
  dashboards: readonly { readonly name: string; readonly modifiedAtMs: number }[],
  { account, links }: { readonly account: string; readonly links: string },
): string {
  const rows = dashboards.map(
    ({ name, modifiedAtMs }) =>
      markup`<tr><td><a href="${LIST}/${encodeURIComponent(name)}${links}">${name}</a></td>
<td>${secondText(modifiedAtMs)} UTC</td></tr>`,
  );
  const list =
    rows.length === 0
      ? markup`<p>There are no dashboards in account ${account}. PutDashboard makes one, for example
<code>aws cloudwatch put-dashboard</code>.</p>`
      : markup`<table><thead><tr><th>Name</th><th>Changed</th></tr></thead><tbody>${rows}</tbody></table>`;
  const header = markup`<h1>Dashboards</h1><span class="spring"></span>`;
  return pageOf("Dashboards", header, markup`<main class="list">${list}</main>`);
}

export function dashboardPage(
  view: DashboardView,
  choice: {
    readonly range: string;
    readonly ranges: readonly string[];
    readonly account: string | undefined;
  },
): string {
  const links = (range: string) => {
    const query = new URLSearchParams({ range });
    if (choice.account !== undefined) query.set("account", choice.account);
    return `?${query.toString()}`;
  };
  const ranges = choice.ranges.map((range) =>
    range === choice.range
      ? markup`<a href="${links(range)}" aria-current="true">${range}</a>`
      : markup`<a href="${links(range)}">${range}</a>`,
  );
  const header = markup`<a href="${LIST}">Dashboards</a><h1>${view.name}</h1><span class="spring"></span>
<span class="when">${whenText(view)}</span><nav>${ranges}</nav>
<label>Refresh <select id="every">${REFRESHES.map(refreshOption)}</select></label>`;
  const widgets = view.widgets.map((one) => widget(one, view));
  const main =
    widgets.length === 0
      ? markup`<main class="list"><p>This dashboard has no widgets.</p></main>`
      : markup`<main class="grid">${widgets}</main>`;
  return pageOf(view.name, header, main);
}

export function missingPage(name: string): string {
  const main = markup`<main class="list"><p>There is no dashboard ${name}. <a href="${LIST}">All dashboards</a></p></main>`;
  return pageOf("No dashboard", markup`<h1>No dashboard</h1><span class="spring"></span>`, main);
}

/** Seconds; 0 is never. */
const REFRESHES = [0, 5, 10, 60];
const REFRESH_DEFAULT = 10;

function refreshOption(seconds: number): Html {
  const text = seconds === 0 ? "off" : `${seconds} s`;
  return seconds === REFRESH_DEFAULT
    ? markup`<option value="${seconds}" selected>${text}</option>`
    : markup`<option value="${seconds}">${text}</option>`;
}

function whenText({ endMs }: DashboardView): string {
  return `until ${secondText(endMs)} UTC`;
}
