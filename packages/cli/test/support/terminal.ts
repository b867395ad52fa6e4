import { spawn } from "node:child_process";

const HEADGATE = new URL("../../bin/headgate.mjs", import.meta.url).pathname;

/** What a program wrote to its terminal at once. */
export interface Written {
  /** Since the program was started. */
  readonly atMs: number;
  readonly text: string;
}

/** Python's standard library can make a terminal; Node's cannot. */
const IN_A_TERMINAL = `
import fcntl, json, os, pty, struct, sys, termios, time
columns, question, answer, argv = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
start = time.monotonic()
while True:
    try:
        chunk = os.read(fd, 65536)
    except OSError:
        break
    if not chunk:
        break
    at = (time.monotonic() - start) * 1000
    if question and question in chunk.decode("utf8", "replace"):
        os.write(fd, answer.encode())
        question = ""
    print(json.dumps({"atMs": at, "text": chunk.decode("utf8", "replace")}), flush=True)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Runs the real command line on a terminal of its own. */
export async function inTerminal(
  argv: readonly string[],
  around: {
    readonly cwd: string;
    readonly columns: number;
    readonly env: Readonly<Record<string, string>>;
    /** Typed when the question appears. */
    readonly typed?: { readonly question: string; readonly answer: string };
  },
): Promise<{ readonly exitCode: number | null; readonly written: readonly Written[] }> {
  const program = [process.execPath, HEADGATE, ...argv];
  const { question = "", answer = "" } = around.typed ?? {};
  const words = [String(around.columns), question, answer, ...program];
  const child = spawn("python3", ["-c", IN_A_TERMINAL, ...words], {
    cwd: around.cwd,
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", TERM: "xterm-256color", ...around.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let lines = "";
  child.stdout.on("data", (chunk: Buffer) => void (lines += chunk.toString()));
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const written = lines.split("\n").filter((line) => line !== "");
  return { exitCode, written: written.map((line) => JSON.parse(line) as Written) };
}
