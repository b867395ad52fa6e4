// Protects `headgate local image build`: what it pushes is a genuine image, the same for the same files.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ECR } from "@aws-sdk/client-ecr";
import { startLocalCloud, type LocalCloud } from "@headgate/local-cloud";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { headgate, temporaryFolder } from "../../support/command-line.ts";

let cloud: LocalCloud;
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(async () => {
  cloud = await startLocalCloud({ port: 0 });
  folder = temporaryFolder();
});
afterEach(async () => {
  folder.remove();
  await cloud.close();
});

/** An application, its files written in this order and at this time. */
function application(name: string, files: readonly string[], atSeconds: number): string {
  const app = join(folder.path, name);
  mkdirSync(join(app, "lib"), { recursive: true });
  for (const file of files) {
    writeFileSync(join(app, file), `the content of ${file}\n`);
    utimesSync(join(app, file), atSeconds, atSeconds);
  }
  chmodSync(join(app, "start.sh"), 0o700);
  symlinkSync("lib/long.txt", join(app, "link"));
  return app;
}

const FILES = ["start.sh", "lib/long.txt", "a.txt"];
const build = (app: string, ...more: readonly string[]) => {
  const to = ["--port", String(cloud.port), "--repository", "shop"];
  return headgate(["local", "image", "build", app, ...to, ...more]);
};

interface Built {
  readonly image: string;
  readonly digest: string;
}

async function built(app: string, ...more: readonly string[]): Promise<Built> {
  const { exitCode, stdout, stderr } = await build(app, "--json", ...more);
  expect([exitCode, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Built;
}

async function pull(path: string): Promise<Response> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const ecr = new ECR({ endpoint: cloud.url, region: "us-east-1", credentials });
  const { authorizationData } = await ecr.getAuthorizationToken({});
  const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`;
  return fetch(`${cloud.url}/v2/shop/${path}`, { headers: { authorization } });
}

describe("an image", () => {
  it("has the folder as its layer, and says how to start it", async () => {
    const app = application("app", FILES, 1);
    const options =
      "--tag v1 --env A=1 --env B=x=y --workdir /srv/app --platform linux/arm64 --entrypoint";
    const { image, digest } = await built(app, ...options.split(" "), "./start.sh now");
    expect(image).toBe(`127.0.0.1:${cloud.port}/shop:v1`);
    const response = await pull("manifests/v1");
    expect(response.headers.get("docker-content-digest")).toBe(digest);
    const { config, layers } = (await response.json()) as {
      readonly config: { readonly digest: string };
      readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
    };
    const [layer] = layers;
    expect(layer?.mediaType).toBe("application/vnd.oci.image.layer.v1.tar+gzip");
    expect(await (await pull(`blobs/${config.digest}`)).json()).toMatchObject({
      os: "linux",
      architecture: "arm64",
      config: {
        Entrypoint: ["./start.sh", "now"],
        Env: [expect.stringMatching(/^PATH=/), "A=1", "B=x=y"],
        WorkingDir: "/srv/app",
      },
    });
    const packed = Buffer.from(await (await pull(`blobs/${layer?.digest}`)).arrayBuffer());
    const listed = execFileSync("tar", ["-tvf", "-"], { input: gunzipSync(packed) }).toString();
    const entries = listed
      .trim()
      .split("\n")
      .map((line) => [line.split(/\s+/)[0], line.replace(/^.*\d\d:\d\d /, "")]);
    expect(entries).toEqual([
      ["drwxr-xr-x", "srv"],
      ["drwxr-xr-x", "srv/app"],
      ["-rw-r--r--", "srv/app/a.txt"],
      ["drwxr-xr-x", "srv/app/lib"],
      ["-rw-r--r--", "srv/app/lib/long.txt"],
      ["lrwxrwxrwx", "srv/app/link -> lib/long.txt"],
      ["-rwxr-xr-x", "srv/app/start.sh"],
    ]);
  });

  it("is the same for the same files, and another for others", async () => {
    const one = await built(application("one", FILES, 1), "--entrypoint", "./start.sh");
    const two = await built(
      application("two", FILES.toReversed(), 9),
      "--entrypoint",
      "./start.sh",
    );
    expect(two.digest).toBe(one.digest);
    const three = application("three", FILES, 1);
    writeFileSync(join(three, "a.txt"), "another\n");
    expect((await built(three, "--entrypoint", "./start.sh")).digest).not.toBe(one.digest);
    expect((await built(three, "--entrypoint", '["./start.sh","a b"]')).digest).not.toBe(
      one.digest,
    );
  });

  it("is said in words", async () => {
    const { stdout } = await build(application("app", FILES, 1), "--entrypoint", "./start.sh");
    expect(stdout).toContain(`pushed 127.0.0.1:${cloud.port}/shop:latest`);
    expect(stdout).toContain("starts ./start.sh");
  });
});

describe("what is no application", () => {
  it.each([
    [["--repository", "SHOP"], 20, "cannot open the repository SHOP"],
    [["--tag", "-x"], 2, '--tag is "-x"'],
    [["--env", "PORT"], 2, '--env is "PORT"'],
    [["--workdir", "/a/../b"], 2, '--workdir is "/a/../b"'],
    [["--platform", "linux"], 2, '--platform is "linux"'],
    [["--entrypoint", "[1]"], 2, "--entrypoint is [1]"],
  ])("is refused: %j", async (more, code, message) => {
    const { exitCode, stderr } = await build(application("app", FILES, 1), ...more);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(code);
  });

  it("is refused: a folder that is not there, or empty, or leads out of itself", async () => {
    const missing = await build(join(folder.path, "missing"));
    expect(missing.stderr).toContain("cannot read the folder");
    const empty = join(folder.path, "empty");
    mkdirSync(empty);
    expect((await build(empty)).stderr).toContain("is empty");
    symlinkSync("../../etc/passwd", join(empty, "trick"));
    const { exitCode, stderr } = await build(empty);
    expect(stderr).toContain("the link trick leads out of the folder, to ../../etc/passwd");
    expect(exitCode).toBe(2);
  });
});
