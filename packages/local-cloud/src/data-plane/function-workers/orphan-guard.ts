import { type ChildProcess, spawn } from "node:child_process";

/**
 * Keeps the groups it is told of and kills them when its input ends, which the system brings about
 * whichever way this process ends.
 */
const GUARD = `
groups=" "
while read -r change group; do
  case $change in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
`;

const groups = new Set<number>();
let guard: ChildProcess | undefined;

/**
 * Makes sure that a process group does not outlive this process, not even when that is killed: a
 * function that is running has no way to notice. One small shell guards all groups of the process.
 *
 * @param group the id of the group; the id of the process that leads it.
 * @returns the way to say that the group has ended by itself.
 */
export function endWithThisProcess(group: number): () => void {
  groups.add(group);
  if (guard === undefined) guard = startGuard();
  else tell(`+ ${group}\n`);
  return () => {
    groups.delete(group);
    tell(`- ${group}\n`);
  };
}

function startGuard(): ChildProcess {
  const child = spawn("/bin/sh", ["-c", GUARD], {
    stdio: ["pipe", "ignore", "ignore"],
    // In a group of its own, or Ctrl-C would end it before the functions.
    detached: true,
  });
  // A machine without a process to spare has no guard: the functions still end with an orderly end.
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  child.once("exit", () => {
    if (guard === child) guard = undefined;
  });
  child.unref();
  // Node's type hides that a child's pipes are sockets, which may be left open at the end.
  if ("unref" in child.stdin && typeof child.stdin.unref === "function") child.stdin.unref();
  child.stdin.write([...groups].map((group) => `+ ${group}\n`).join(""));
  return child;
}

function tell(change: string): void {
  guard?.stdin?.write(change);
}
