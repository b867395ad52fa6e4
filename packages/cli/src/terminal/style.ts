import picocolors from "picocolors";

/** Colour and emphasis, or none: honours NO_COLOR and whether the output is a terminal. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  accent(text: string): string;
}

export function styleFor(
  stream: { readonly isTTY?: boolean },
  environment: NodeJS.ProcessEnv,
): Style {
  const wanted = stream.isTTY === true || environment["FORCE_COLOR"] !== undefined;
  const refused = (environment["NO_COLOR"] ?? "") !== "" || environment["TERM"] === "dumb";
  const colors = picocolors.createColors(wanted && !refused);
  return {
    bold: colors.bold,
    dim: colors.dim,
    good: colors.green,
    bad: colors.red,
    warn: colors.yellow,
    accent: colors.cyan,
  };
}

/** No colour at all. */
export const plainStyle: Style = styleFor({ isTTY: false }, {});
