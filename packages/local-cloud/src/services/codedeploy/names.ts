import { refused } from "./errors.ts";

/** Source: AWS docs, "CodeDeploy quotas". Unverified: the text. */
export function checkName(name: string, what: "Application" | "DeploymentGroup"): void {
  if (/^[\w.+=,@-]{1,100}$/.test(name)) return;
  throw refused(
    `Invalid${what}NameException`,
    `The name "${name}" is invalid: up to 100 letters, digits and . _ + = , @ - are allowed`,
  );
}
