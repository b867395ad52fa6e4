import { AwsError } from "../../aws-error.ts";
import { POLICY_BYTES } from "./limits.ts";

// Texts without a mark are AWS's, as LocalStack's recorded answers (tests/aws/services/events) quote them.

function refusal(code: string, message: string): AwsError {
  return new AwsError(code, message, { status: 400 });
}

export const validation = (message: string) => refusal("ValidationException", message);

/** AWS appends where in the text it stopped; that part is left out here. */
export const badPattern = (reason: string) =>
  refusal("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);

export const noBus = (name: string) =>
  refusal("ResourceNotFoundException", `Event bus ${name} does not exist.`);

export const busExists = (name: string) =>
  refusal("ResourceAlreadyExistsException", `Event bus ${name} already exists.`);

export const noRule = (name: string, bus: string) =>
  refusal("ResourceNotFoundException", `Rule ${name} does not exist on EventBus ${bus}.`);

export const tooMany = () =>
  refusal("LimitExceededException", "The requested resource exceeds the maximum number allowed.");

/** Source of the code: the model. Unverified: the text. */
export const policyTooLong = () =>
  refusal(
    "PolicyLengthExceededException",
    `The policy has more than ${POLICY_BYTES} bytes, the most that an event bus may have.`,
  );

export const noStatement = () =>
  refusal("ResourceNotFoundException", "Statement with the provided id does not exist.");

/** Unverified: the text. */
export const badToken = () => validation("Parameter NextToken is not valid.");
