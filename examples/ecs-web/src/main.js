import { readFileSync } from "node:fs";
import { settingsFrom } from "./settings.js";
import { createService } from "./service.js";

/** Under the 30 seconds after which ECS kills what still runs. */
const LONGEST_END_MS = 25_000;

const release = JSON.parse(readFileSync(new URL("../release.json", import.meta.url), "utf8"));
const settings = settingsFrom(process.env, release);
const service = createService(settings);
const log = (message) => console.log(JSON.stringify({ message, version: settings.version }));

await service.listen(settings.port);
log(`listening on ${settings.port}, failing ${settings.errorRate * 100}% of the requests`);

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, async () => {
    log(`${signal}: finishing what has begun`);
    setTimeout(() => {
      log("some requests took too long");
      process.exit(1);
    }, LONGEST_END_MS).unref();
    await service.close(settings.drainMs);
    log("ended");
  });
}
