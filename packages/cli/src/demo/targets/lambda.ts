import { zipFolder } from "@headgate/drivers";
import { type DemoRelease, writeDemoCode } from "../app.ts";
import type { DemoSite, DemoTarget } from "../demo-target.ts";
import { openShop } from "../shop.ts";

/** A function behind an alias, which Headgate shifts; a release is a folder of code. */
export async function openAlias(site: DemoSite, first: DemoRelease): Promise<DemoTarget> {
  const { configuration, folder, name } = site;
  const code = writeDemoCode(folder, first, name);
  const shop = await openShop(configuration, await zipFolder(code), name);
  return {
    url: shop.url,
    app: "a Python function",
    about: "behind API Gateway",
    alarm: shop.alarm,
    prepare(release) {
      writeDemoCode(folder, release, name);
      return Promise.resolve(`target:
  lambda:
    function: ${shop.functionName}
    alias: ${shop.alias}

revision:
  folder: ${code}
`);
    },
  };
}
