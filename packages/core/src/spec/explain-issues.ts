import type { z } from "zod";

import type { SpecPath } from "./semantics.ts";

type Issue = z.core.$ZodIssue;

export interface ExplainedIssue {
  readonly path: SpecPath;
  /** The key to point at, when the trouble is the key and not its value. */
  readonly key?: string;
  /** What happened, the value got, and the values allowed. */
  readonly message: string;
}

/** Our words for zod's findings, with the value that was found in `root`. */
export function explainIssues(issues: readonly Issue[], root: unknown): readonly ExplainedIssue[] {
  return issues.flatMap((issue) => explain(issue, root, []));
}

function explain(issue: Issue, root: unknown, base: SpecPath): ExplainedIssue[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === "symbol" ? "" : part))];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path, key, message: textFor(issue, key) }));
  }
  const value = valueAt(root, path);
  if (issue.code === "invalid_union") {
    const meant = meantBranch(issue.errors);
    if (meant !== undefined) return meant.flatMap((inner) => explain(inner, root, path));
  }
  const expected = expectedOf(issue);
  if (value === undefined) return [{ path, message: `is missing; expected ${expected}` }];
  const got = namesSecret(path) ? "got something else" : `got ${shown(value)}`;
  return [{ path, message: `${got}, expected ${expected}` }];
}

/** Where the name of a variable belongs, people write the secret itself: it must not reach a build's log. */
function namesSecret(path: SpecPath): boolean {
  return /^(secret|url)From$/.test(String(path.at(-1)));
}

/** One message may speak of several keys; each gets the sentences about itself. */
function textFor(issue: Issue & { readonly keys: readonly string[] }, key: string): string {
  if (issue.keys.length === 1) return issue.message;
  const parts = issue.message.split(/ (?=unknown key ")/);
  return parts.find((part) => part.startsWith(`unknown key "${key}"`)) ?? issue.message;
}

/** Of several allowed forms, the one the writer chose: its trouble lies deeper than the form itself. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === "unrecognized_keys"),
  );
}

function expectedOf(issue: Issue): string {
  switch (issue.code) {
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "invalid_union": {
      if (issue.message !== "Invalid input") return issue.message;
      return [...new Set(issue.errors.flat().map(expectedOf))].join(", or ");
    }
    case "invalid_type":
      return issue.message.startsWith("Invalid input") ? article(issue.expected) : issue.message;
    case "unrecognized_keys":
    case "custom":
    case "invalid_format":
    case "invalid_key":
    case "invalid_element":
    case "too_big":
    case "too_small":
    case "not_multiple_of":
      return issue.message;
    default:
      issue satisfies never;
      return "something else";
  }
}

function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

function valueAt(root: unknown, path: SpecPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, part)?.value;
  }
  return value;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
