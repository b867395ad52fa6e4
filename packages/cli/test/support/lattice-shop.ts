import { VPCLattice } from "@aws-sdk/client-vpc-lattice";
import { type LocalCloud, startLocalCloud } from "@headgate/local-cloud";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type DemoRelease, writeDemoCode } from "../../src/demo/app.ts";
import { openLattice } from "../../src/demo/targets/lattice.ts";
import { startTraffic, type Traffic } from "../../src/demo/traffic.ts";
import {
  type Finished,
  headgate,
  type Running,
  startHeadgate,
  temporaryFolder,
} from "./command-line.ts";

const REGION = "us-east-1";
const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };
const REQUESTS_PER_SECOND = 40;

/** What the listener's default action names, read back from the cloud. */
export type Weights = readonly { readonly id: string; readonly weight: number }[];

/** A local cloud with a real function behind a VPC Lattice service, its users, and one folder to release from. */
export interface LatticeShop {
  readonly lattice: VPCLattice;
  readonly traffic: Traffic;
  readonly url: string;
  /** The folder's code and its headgate.yaml. */
  write(code: DemoRelease, spec?: Readonly<Record<string, unknown>>): void;
  run(...argv: readonly string[]): Promise<Finished>;
  start(...argv: readonly string[]): Running;
  weights(): Promise<Weights>;
  groups(): Promise<readonly string[]>;
  rules(): Promise<number>;
  close(): Promise<void>;
}

export async function openLatticeShop(): Promise<LatticeShop> {
  const cloud: LocalCloud = await startLocalCloud({ port: 0, region: REGION });
  const folder = temporaryFolder();
  const configuration = { endpoint: cloud.url, region: REGION, credentials: CREDENTIALS };
  const first = { version: "1.0.0", failureRate: 0 };
  const { url } = await openLattice({ configuration, folder: folder.path }, first);
  const lattice = new VPCLattice(configuration);
  const traffic = startTraffic(url, REQUESTS_PER_SECOND);
  const around = { cwd: folder.path, env: { AWS_ENDPOINT_URL: cloud.url } };
  const listenerOf = async () => {
    const [service] = (await lattice.listServices({})).items ?? [];
    const serviceIdentifier = service?.id;
    const [listener] = (await lattice.listListeners({ serviceIdentifier })).items ?? [];
    return { serviceIdentifier, listenerIdentifier: listener?.id };
  };
  return {
    lattice,
    traffic,
    url,
    write(code, spec = {}) {
      writeDemoCode(folder.path, code);
      // JSON is YAML.
      const text = JSON.stringify({ ...BASE_SPEC, ...spec }, null, 2);
      writeFileSync(join(folder.path, "headgate.yaml"), text);
    },
    run: (...argv) => headgate(argv, around),
    start: (...argv) => startHeadgate(argv, around),
    async weights() {
      const { defaultAction } = await lattice.getListener(await listenerOf());
      const groups = defaultAction?.forward?.targetGroups ?? [];
      return groups.map(({ targetGroupIdentifier: id = "", weight = 0 }) => ({ id, weight }));
    },
    async groups() {
      const { items = [] } = await lattice.listTargetGroups({});
      return items.map(({ id = "" }) => id);
    },
    async rules() {
      const { items = [] } = await lattice.listRules(await listenerOf());
      return items.filter(({ isDefault }) => isDefault !== true).length;
    },
    async close() {
      await traffic.stop();
      lattice.destroy();
      await cloud.close();
      folder.remove();
    },
  };
}

const BASE_SPEC = {
  name: "shop",
  target: { lattice: { service: "shop", listener: "http" } },
  revision: { folder: "code" },
  strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "200ms" }] } },
  analysis: "none",
  poll: { alarms: "300ms", route: "300ms", traffic: "500ms" },
  deadline: "1m",
};
