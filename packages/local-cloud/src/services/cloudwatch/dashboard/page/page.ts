import { createHash } from "node:crypto";
import type { DashboardView } from "../views.ts";
import { html, Html } from "./html.ts";
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
  "content-security-policy": `default-src 'none'; script-src 'sha256-${SCRIPT_HASH}'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
};

const LIST = "/_headgate/dashboards";

function pageOf(title: string, header: Html, main: Html): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <header>
          ${header}<button id="theme" type="button" title="Light or dark">Light / dark</button>
        </header>
        ${main}
        <div id="tip" role="status"></div>
        <script>
          ${new Html(SCRIPT)};
        </script>
      </body>
    </html> `;
  return page.text;
}

/** @param links query of the other pages: "?account=..." or "". */
export function listPage(
  dashboards: readonly { readonly name: string; readonly modifiedAtMs: number }[],
  { account, links }: { readonly account: string; readonly links: string },
): string {
  const rows = dashboards.map(
    ({ name, modifiedAtMs }) =>
      html`<tr>
        <td><a href="${LIST}/${encodeURIComponent(name)}${links}">${name}</a></td>
        <td>${new Date(modifiedAtMs).toISOString().slice(0, 19).replace("T", " ")} UTC</td>
      </tr>`,
  );
  const list =
    rows.length === 0
      ? html`<p>
          There are no dashboards in account ${account}. PutDashboard makes one, for example
          <code>aws cloudwatch put-dashboard</code>.
        </p>`
      : html`<table>
          <thead>
            <tr>
              <th>Name</th>
              <th>Changed</th>
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>`;
  const header = html`<h1>Dashboards</h1>
    <span class="spring"></span>`;
  return pageOf("Dashboards", header, html`<main class="list">${list}</main>`);
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
      ? html`<a href="${links(range)}" aria-current="true">${range}</a>`
      : html`<a href="${links(range)}">${range}</a>`,
  );
  const header = html`<a href="${LIST}">Dashboards</a>
    <h1>${view.name}</h1>
    <span class="spring"></span> <span class="when">${whenText(view)}</span>
    <nav>${ranges}</nav>
    <label
      >Refresh
      <select id="every">
        <option value="0">off</option>
        <option value="5">5 s</option>
        <option value="10" selected>10 s</option>
        <option value="60">1 min</option>
      </select></label
    >`;
  const widgets = view.widgets.map((one) => widget(one, view));
  const main =
    widgets.length === 0
      ? html`<main class="list"><p>This dashboard has no widgets.</p></main>`
      : html`<main class="grid">${widgets}</main>`;
  return pageOf(view.name, header, main);
}

export function missingPage(name: string): string {
  const main = html`<main class="list">
    <p>There is no dashboard ${name}. <a href="${LIST}">All dashboards</a></p>
  </main>`;
  return pageOf(
    "No dashboard",
    html`<h1>No dashboard</h1>
      <span class="spring"></span>`,
    main,
  );
}

function whenText({ endMs }: DashboardView): string {
  return `until ${new Date(endMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
