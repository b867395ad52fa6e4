import { formerConfiguration, hasGates } from "./configuration.ts";
import type { NativeParts } from "./native-parts.ts";

/**
 * Gives the service the deployment configuration that it had before the release, and forgets what was remembered of
 * it. ECS begins no deployment for this. What people changed meanwhile in the rest of it stays.
 * Source: AWS docs, API_UpdateService: a changed deployment configuration counts from the next deployment on.
 */
export async function putBack({ api }: Pick<NativeParts, "api">): Promise<void> {
  const remembered = await api.remembered();
  const { service } = await api.look();
  const now = service.raw.deploymentConfiguration ?? {};
  if (remembered === undefined && !hasGates(now)) return;
  await api.update({ deploymentConfiguration: formerConfiguration(now, remembered ?? "") });
  if (remembered !== undefined) await api.forget();
}
