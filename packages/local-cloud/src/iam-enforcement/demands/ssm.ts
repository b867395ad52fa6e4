import { arnIn, type Call, type ServiceDemands, text, texts } from "./call.ts";
import { hasTags } from "./tags-given.ts";

/** Source: Service Authorization Reference, AWS Systems Manager; AWS docs, "Restricting access to Parameter Store". */
export const SSM: ServiceDemands = {
  prefix: "ssm",
  resourcesOf(call) {
    const { operation, input } = call;
    if (operation === "DescribeParameters") return [arnIn(call.place, "ssm", "*")];
    const members =
      operation === "GetParametersByPath" ? ["Path"] : ["Name", "Names", "ResourceId"];
    return members
      .flatMap((member) => texts(input, member))
      .map((name) => parameterArn(call, name));
  },
  keysOf: ({ input }) => ({
    "ssm:Overwrite": String(input["Overwrite"] === true),
    "ssm:Recursive": String(input["Recursive"] === true),
  }),
  also(call) {
    if (call.operation !== "PutParameter" || !hasTags(call.input)) return [];
    const resources = [parameterArn(call, text(call.input, "Name") ?? "*")];
    return [{ action: "ssm:AddTagsToResource", resources }];
  },
};

/** Without the slash in front, and without the version or label behind. */
function parameterArn({ place }: Call, name: string): string {
  if (name.startsWith("arn:")) return name;
  const [bare = name] = name.split(":");
  return arnIn(place, "ssm", `parameter/${bare.replace(/^\/(?=.)/, "")}`);
}
