import type { HookCall } from "@headgate/core";

/** Puts the versions where a text says {stable} and {canary}. A canary that is not made yet leaves nothing. */
export function filled(text: string, { input }: HookCall): string {
  return text.replaceAll("{stable}", input.stable).replaceAll("{canary}", input.canary ?? "");
}

export function filledHeaders(
  headers: Readonly<Record<string, string>>,
  call: HookCall,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, filled(value, call)]),
  );
}
