import { zipFolder } from "@headgate/drivers";
import { type DemoRelease, writeDemoCode } from "../app.ts";
import type { DemoSite, DemoTarget } from "../demo-target.ts";
import { openShop } from "../shop.ts";

/** A function behind an alias, which Headgate shifts; a release is a folder of code. */
export async function openAlias(site: DemoSite, first: DemoRelease): Promise<DemoTarget> {
  const code = writeDemoCode(site.folder, first);
  const shop = await openShop(site.configuration, await zipFolder(code));
  return {
    url: shop.url,
    app: "a Python function",
    about: "behind API Gateway",
    alarm: shop.alarm,
    prepare(release) {
      writeDemoCode(site.folder, release);
      return Promise.resolve(`target:
  lambda:
    function: ${shop.functionName}
    alias: ${shop.alias}

revision:
  folder: code
`);
    },
  };
}
