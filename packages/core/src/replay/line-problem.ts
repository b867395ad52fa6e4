/** What is wrong with one line of a recording. */
export interface LineProblem {
  /** "canary.errors"; empty for the whole line. */
  readonly problem: { readonly field: string; readonly message: string; readonly hint: string };
}

export function lineProblem(field: string, message: string, hint: string): LineProblem {
  return { problem: { field, message, hint } };
}

const SHOWN_CHARACTERS = 60;

/** The value as JSON, cut where it is long. */
export function shownValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 3)}...` : text;
}
