// A toy: the "database" is the file database.json, which keeps what was applied to it. A real one takes this script's
// place (`flyway migrate`, `prisma migrate deploy`); what matters to the release is that it cannot be undone.
//
//   node migrate.mjs            applies what is not applied yet; exit code 1 when one of them is broken
//   node migrate.mjs --pending  prints their number
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const DATABASE = new URL("database.json", import.meta.url);
const FOLDER = new URL("migrations/", import.meta.url);

const { applied } = existsSync(DATABASE)
  ? JSON.parse(readFileSync(DATABASE, "utf8"))
  : { applied: [] };
const pending = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".sql") && !applied.includes(name))
  .toSorted();

if (process.argv[2] === "--pending") {
  console.log(pending.length);
} else {
  for (const name of pending) {
    const text = readFileSync(new URL(name, FOLDER), "utf8");
    if (/\bBROKEN\b/.test(text)) {
      console.error(`${name}: syntax error near BROKEN; what came before it is applied`);
      process.exit(1);
    }
    applied.push(name);
    writeFileSync(DATABASE, JSON.stringify({ applied }, null, 2));
    console.log(`applied ${name}`);
  }
}
