/** What every SDK client of the demo's own cloud is made from. */
export interface ClientConfiguration {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const ACTIVE_WITHIN_SECONDS = 30;

/** The SDK's own clients, loaded together: only the demo needs all of them. */
export async function shopClients(configuration: ClientConfiguration) {
  const [
    { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 },
    { IAM },
    { APIGateway },
    { CloudWatch },
    { CloudWatchLogs },
    { VPCLattice },
  ] = await Promise.all([
    import("@aws-sdk/client-lambda"),
    import("@aws-sdk/client-iam"),
    import("@aws-sdk/client-api-gateway"),
    import("@aws-sdk/client-cloudwatch"),
    import("@aws-sdk/client-cloudwatch-logs"),
    import("@aws-sdk/client-vpc-lattice"),
  ]);
  const lambda = new Lambda(configuration);
  const iam = new IAM(configuration);
  const gateway = new APIGateway(configuration);
  const cloudWatch = new CloudWatch(configuration);
  const logs = new CloudWatchLogs(configuration);
  const lattice = new VPCLattice(configuration);
  return {
    lambda,
    iam,
    gateway,
    cloudWatch,
    logs,
    lattice,
    async waitUntilActive(FunctionName: string): Promise<void> {
      await waitUntilFunctionActiveV2(
        { client: lambda, maxWaitTime: ACTIVE_WITHIN_SECONDS, minDelay: 0.1, maxDelay: 0.2 },
        { FunctionName },
      );
    },
    async waitUntilUpdated(FunctionName: string): Promise<void> {
      await waitUntilFunctionUpdatedV2(
        { client: lambda, maxWaitTime: ACTIVE_WITHIN_SECONDS, minDelay: 0.1, maxDelay: 0.2 },
        { FunctionName },
      );
    },
    close(): void {
      for (const client of [lambda, iam, gateway, cloudWatch, logs, lattice]) client.destroy();
    },
  };
}
