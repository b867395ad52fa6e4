import { invalidParameter, invalidValue, notAvailable } from "./errors.ts";
import { isFifo, type Protocol } from "./state.ts";

/** What an endpoint must look like, and what AWS says when it does not. */
const ENDPOINTS: Readonly<Record<Protocol, { readonly form: RegExp; readonly fault: string }>> = {
  http: { form: /^http:\/\/[^/\s]/i, fault: "Endpoint must match the specified protocol" },
  https: { form: /^https:\/\/[^/\s]/i, fault: "Endpoint must match the specified protocol" },
  email: { form: /^[^@\s]+@[^@\s]+$/, fault: "Email address" },
  "email-json": { form: /^[^@\s]+@[^@\s]+$/, fault: "Email address" },
  // Unverified: the text.
  lambda: {
    form: /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w-]+)?$/,
    fault: "Lambda endpoint ARN",
  },
  sms: { form: /^\+?\d+(?:[-./]\d+)*$/, fault: "" },
  sqs: { form: /^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w.-]+$/, fault: "SQS endpoint ARN" },
};

/**
 * Checks where a subscription is to lead.
 * Source: recorded AWS answers (LocalStack test_subscribe_with_invalid_protocol, test_subscribe_bad_sms,
 * test_validations_for_fifo).
 * @throws {AwsError} InvalidParameter; NotImplemented for what is not here
 */
export function checkEndpoint(protocol: string, endpoint: string, topicArn: string): Protocol {
  if (protocol === "firehose" || protocol === "application") {
    throw notAvailable(`Subscriptions of the protocol ${protocol} are`);
  }
  if (!isProtocol(protocol)) {
    throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`);
  }
  const { form, fault } = ENDPOINTS[protocol];
  if (!form.test(endpoint) || (protocol.startsWith("http") && !URL.canParse(endpoint))) {
    if (protocol === "sms") throw invalidValue(`Invalid SMS endpoint: ${endpoint}`);
    throw invalidParameter(fault);
  }
  if (isFifo(topicArn) && protocol !== "sqs") {
    // Unverified: the text.
    throw invalidParameter(
      "Invalid parameter: Endpoint Reason: FIFO topics can only have SQS subscriptions",
    );
  }
  if (!isFifo(topicArn) && protocol === "sqs" && endpoint.endsWith(".fifo")) {
    throw invalidParameter(
      "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
    );
  }
  return protocol;
}

function isProtocol(name: string): name is Protocol {
  return Object.hasOwn(ENDPOINTS, name);
}
