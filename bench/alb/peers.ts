// The yardsticks: nginx and haproxy as Debian packages them, each one process that splits every request 90 to 10.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Peer {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  end(): Promise<void>;
}

interface Ports {
  readonly own: number;
  readonly stable: number;
  readonly canary: number;
}

const READY_WITHIN_MS = 10_000;
/** What is kept open to each target: as many as there are clients. */
const KEPT = 64;

/** @throws {Error} that says what to install when nginx or haproxy is missing. */
export async function startPeers(targets: Pick<Ports, "stable" | "canary">): Promise<Peer[]> {
  requireInstalled("nginx", "-v");
  requireInstalled("haproxy", "-v");
  const nginx = await startNginx({ ...targets, own: await freePort() });
  try {
    return [nginx, await startHaproxy({ ...targets, own: await freePort() })];
  } catch (error) {
    await nginx.end();
    throw error;
  }
}

function requireInstalled(program: string, versionFlag: string): void {
  if (spawnSync(program, [versionFlag]).error === undefined) return;
  throw new Error(
    `${program} is not installed: this benchmark compares with it. On Debian: apt-get install --no-install-recommends nginx haproxy`,
  );
}

/** A fresh `$request_id` for each request makes the split a draw for each request. */
function startNginx({ own, stable, canary }: Ports): Promise<Peer> {
  const upstream = (name: string, port: number) =>
    `upstream ${name} { server 127.0.0.1:${port}; keepalive ${KEPT}; keepalive_requests 1000000000; }`;
  return start("nginx, split_clients", own, (directory) => {
    const file = join(directory, "nginx.conf");
    writeFileSync(
      file,
      `daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  keepalive_requests 1000000000;
  split_clients $request_id $side { 10% canary; * stable; }
  ${upstream("stable", stable)}
  ${upstream("canary", canary)}
  server {
    listen 127.0.0.1:${own};
    location / {
      proxy_pass http://$side;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`,
    );
    return ["nginx", "-e", "stderr", "-p", directory, "-c", file];
  });
}

function startHaproxy({ own, stable, canary }: Ports): Promise<Peer> {
  return start("haproxy, weights", own, (directory) => {
    const file = join(directory, "haproxy.cfg");
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 1024
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  http-reuse always
  option forwardfor
frontend in
  bind 127.0.0.1:${own}
  default_backend targets
backend targets
  balance random
  server stable 127.0.0.1:${stable} weight 90
  server canary 127.0.0.1:${canary} weight 10
`,
    );
    return ["haproxy", "-db", "-q", "-f", file];
  });
}

async function start(
  name: string,
  port: number,
  write: (directory: string) => readonly string[],
): Promise<Peer> {
  const directory = mkdtempSync(join(tmpdir(), "headgate-bench-"));
  const [command = "", ...rest] = write(directory);
  const child = spawn(command, rest, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    rmSync(directory, { recursive: true, force: true });
  };
  while (!(await answers(port))) {
    if (child.exitCode === null && performance.now() < deadlineMs) continue;
    await end();
    throw new Error(`${name} did not start: ${said}`);
  }
  return { name, url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, end };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (isOpen: boolean) => {
      socket.destroy();
      setTimeout(() => resolve(isOpen), isOpen ? 0 : 20);
    };
    socket.once("connect", () => done(true)).once("error", () => done(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
