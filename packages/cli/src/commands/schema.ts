import { releaseJsonSchema, specJsonSchema } from "@headgate/core";
import { defineCommand } from "../command.ts";

export const schema = defineCommand({
  path: "schema",
  description:
    "Editors that know YAML check a file against it: put " +
    "`# yaml-language-server: $schema=headgate.schema.json` at the top of headgate.yaml.",
  examples: [["headgate schema > headgate.schema.json", "Beside headgate.yaml"]],
  options: {
    release: { type: "boolean", help: "Of a file that releases several targets" },
  },
  run: async ({ release }) => ({ value: release ? releaseJsonSchema() : specJsonSchema() }),
  render: (value) => [JSON.stringify(value, null, 2)],
});
