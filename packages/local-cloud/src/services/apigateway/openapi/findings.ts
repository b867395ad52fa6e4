import { AwsError } from "../../../aws-error.ts";
import { badRequest } from "../errors.ts";

/** What an import met on its way. It goes on to the end, so that one answer names everything. */
export class Findings {
  readonly warnings: string[] = [];
  readonly #errors: string[] = [];

  /** Runs one part of the import; its refusal becomes a line that says which part it was. */
  attempt<Result>(what: string, work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      this.#errors.push(`${what}: ${error.message}`);
      return undefined;
    }
  }

  /**
   * Source of the errors' text: an AWS answer quoted in alexcasalboni/serverless-data-pipeline-sam#1.
   * Unverified: its line breaks, and the text about warnings.
   * @throws BadRequestException when anything was wrong, or anything at all was found and warnings count.
   */
  refuseIfAny(failOnWarnings: boolean): void {
    if (this.#errors.length > 0) throw badRequest(listed("Errors", this.#errors));
    if (failOnWarnings && this.warnings.length > 0) {
      throw badRequest(listed("Warnings", this.warnings));
    }
  }
}

function listed(kind: string, lines: readonly string[]): string {
  return `${kind} found during import:\n${lines.map((line) => `\t${line}`).join("\n")}`;
}
