import { arnIn, type Call, type ServiceDemands, structure, text } from "./call.ts";
import { passRole } from "./pass-role.ts";
import { hasTags } from "./tags-given.ts";

/** SNS writes its own prefix in capitals. Source: its denials, as users quote them. */
export const SNS: ServiceDemands = {
  prefix: "SNS",
  actionOf: ({ operation }) => (operation === "PublishBatch" ? "Publish" : operation),
  resourcesOf: (call) => topicsOf(call),
  keysOf: ({ input }) => ({
    "sns:Protocol": text(input, "Protocol"),
    "sns:Endpoint": text(input, "Endpoint"),
  }),
  also(call) {
    const { operation, input } = call;
    const given = {
      ...structure(input, "Attributes"),
      [text(input, "AttributeName") ?? ""]: input["AttributeValue"],
    };
    const roles = Object.entries(given).flatMap(([name, value]) =>
      name.endsWith("FeedbackRoleArn") && typeof value === "string"
        ? passRole(value, "sns.amazonaws.com")
        : [],
    );
    if (operation !== "CreateTopic" || !hasTags(input)) return roles;
    return [...roles, { action: "SNS:TagResource", resources: topicsOf(call) ?? ["*"] }];
  },
  // Whoever has the token, or the link at the end of a message, may use it.
  free: new Set(["ConfirmSubscription", "Unsubscribe"]),
};

function topicsOf({ operation, input, place }: Call): readonly string[] | undefined {
  if (operation === "CreateTopic") return [arnIn(place, "sns", text(input, "Name") ?? "*")];
  // Messages to telephones have no topic.
  const topic = text(input, "TopicArn") ?? text(input, "ResourceArn") ?? text(input, "TargetArn");
  return topic === undefined ? undefined : [topic];
}
