import { AwsError } from "../../aws-error.ts";

/** Query clients see "ValidationError", the others the shape's name. */
export function validationError(message: string): AwsError {
  return new AwsError("ValidationException", message, { status: 400 });
}

export function invalidParameterValue(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message);
}

export function invalidParameterCombination(message: string): AwsError {
  return new AwsError("InvalidParameterCombinationException", message);
}

export function missingParameter(message: string): AwsError {
  return new AwsError("MissingRequiredParameterException", message);
}

/** Source: recorded AWS answer (LocalStack snapshot test_set_alarm_invalid_input): no text. */
export function alarmNotFound(): AwsError {
  return new AwsError("ResourceNotFound", "");
}

export function resourceNotFound(message: string): AwsError {
  return new AwsError("ResourceNotFoundException", message);
}

export function invalidNextToken(): AwsError {
  return new AwsError("InvalidNextToken", "Request parameter NextToken is invalid");
}

export function invalidFormat(message: string): AwsError {
  return new AwsError("InvalidFormatFault", message);
}

/** What CloudWatch has and the local cloud does not. */
export function notAvailable(what: string): AwsError {
  return new AwsError("NotImplemented", `${what} not available in the local cloud.`, {
    status: 501,
  });
}

export function dashboardNotFound(message: string): AwsError {
  return new AwsError("DashboardNotFoundError", message);
}

export interface DashboardFault {
  readonly DataPath: string;
  readonly Message: string;
}

/** Source: the error as the Terraform provider's issues quote it. */
export function invalidDashboard(faults: readonly DashboardFault[]): AwsError {
  const list = faults.map(({ DataPath, Message }) => ({ dataPath: DataPath, message: Message }));
  return new AwsError(
    "DashboardInvalidInputError",
    `The dashboard body is invalid, there are ${faults.length} validation errors: ${JSON.stringify(list, undefined, 2)}`,
    { members: { dashboardValidationMessages: faults } },
  );
}
