import { IAM } from "@aws-sdk/client-iam";
import { startTestCloud, type TestCloud } from "./test-cloud.ts";

/** A key that a client can sign with; of a session with its token. */
export interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A cloud that enforces IAM, and its root's hands. */
export interface IamCloud extends TestCloud {
  readonly iam: IAM;
  /** A user with one key. */
  user(name: string, policy?: unknown): Promise<Key>;
  /** Replaces the user's one inline policy. */
  allow(user: string, policy: unknown): Promise<void>;
  /** A client that signs with a key. */
  as<Client>(type: new (configuration: ClientConfiguration) => Client, key: Key): Client;
}

interface ClientConfiguration {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Key;
  readonly maxAttempts: number;
}

export async function startIamCloud(
  options: Parameters<typeof startTestCloud>[0] = {},
): Promise<IamCloud> {
  const cloud = await startTestCloud({ clock: "virtual", iam: "enforce", ...options });
  const iam = cloud.client(IAM);
  const allow: IamCloud["allow"] = async (UserName, policy) => {
    const PolicyDocument = JSON.stringify(policy);
    await iam.putUserPolicy({ UserName, PolicyName: "own", PolicyDocument });
  };
  return {
    ...cloud,
    iam,
    allow,
    async user(UserName, policy) {
      await iam.createUser({ UserName });
      if (policy !== undefined) await allow(UserName, policy);
      const { AccessKey } = await iam.createAccessKey({ UserName });
      return {
        accessKeyId: AccessKey?.AccessKeyId ?? "",
        secretAccessKey: AccessKey?.SecretAccessKey ?? "",
      };
    },
    as: (type, credentials) =>
      new type({ endpoint: cloud.url, region: "us-east-1", credentials, maxAttempts: 1 }),
  };
}

/** A policy of one statement that allows this, on these resources. */
export function allowing(actions: readonly string[], resources: readonly string[] = ["*"]) {
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: actions, Resource: resources }],
  };
}
