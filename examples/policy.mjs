// Prints the policy of a role that releases one example: the parts of docs/iam that it needs, without what its
// headgate.yaml has no use for, with their placeholders filled. ./deploy-role.sh calls it with all it knows as environment:
//
//   POLICIES     names of files in docs/iam
//   LEAVE_OUT    statements ("KeepWarm") and permissions ("Publish/lambda:UpdateFunctionConfiguration") to leave out
//   FUNCTION...  what stands for ${FUNCTION}...; of several words each gets a resource of its own
import { readFileSync } from "node:fs";

/** A role's own policies may have so many characters together. Source: AWS's quotas of IAM. */
const MOST_CHARACTERS = 10_240;

const words = (name) => (process.env[name] ?? "").split(/\s+/).filter((word) => word !== "");

function fail(message) {
  console.error(`policy: ${message}; see permissions.sh`);
  process.exit(2);
}

function partOf(name) {
  const file = new URL(`../docs/iam/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).Statement;
}

/** "a/${X}" with X "1 2" is "a/1" and "a/2". */
function filled(text) {
  const [whole, name] = /\$\{([A-Z_]+)\}/.exec(text) ?? [];
  if (whole === undefined) return [text];
  const values = words(name);
  if (values.length === 0) fail(`${name} is empty, and the policy needs it`);
  return values.flatMap((value) => filled(text.replace(whole, value)));
}

/** The texts in a condition. */
function filledIn(value) {
  if (typeof value === "string") return filled(value)[0];
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filledIn(inner)]));
}

const leaveOut = words("LEAVE_OUT");
const all = words("POLICIES").flatMap(partOf);
if (all.length === 0) fail("POLICIES names no policy of docs/iam");
const there = new Set(
  all.flatMap(({ Sid, Action }) => [Sid, ...Action.map((action) => `${Sid}/${action}`)]),
);
const missing = leaveOut.filter((name) => !there.has(name));
if (missing.length > 0) fail(`LEAVE_OUT names what is not there: ${missing.join(", ")}`);

const given = new Set();
const names = [];
const statements = [];
for (const { Sid, Effect, Action, Resource, Condition } of all) {
  if (leaveOut.includes(Sid)) continue;
  const resources = [...new Set(Resource.flatMap(filled))];
  const condition = Condition === undefined ? {} : { Condition: filledIn(Condition) };
  // What two parts allow alike is in the policy once.
  const actions = Action.filter((action) => {
    const permission = JSON.stringify([action, resources, condition]);
    if (leaveOut.includes(`${Sid}/${action}`) || given.has(permission)) return false;
    given.add(permission);
    return true;
  });
  if (actions.length === 0) continue;
  // IAM wants a name to be there once.
  const same = names.filter((name) => name === Sid).length;
  names.push(Sid);
  statements.push({
    Sid: same === 0 ? Sid : `${Sid}${same + 1}`,
    Effect,
    Action: actions,
    Resource: resources,
    ...condition,
  });
}

const text = JSON.stringify({ Version: "2012-10-17", Statement: statements });
if (text.length > MOST_CHARACTERS) {
  fail(`it has ${text.length} characters, and a role's own policies at most ${MOST_CHARACTERS}`);
}
console.log(text);
