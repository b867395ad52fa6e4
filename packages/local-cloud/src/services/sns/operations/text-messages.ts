import { invalidValue } from "../errors.ts";
import type { SnsParts } from "../parts.ts";
import type { SnsHandlers } from "../sdk.ts";

/** Source: API reference, SetSMSAttributes. */
const NAMES: ReadonlySet<string> = new Set([
  "DefaultSMSType",
  "DefaultSenderID",
  "DeliveryStatusIAMRole",
  "DeliveryStatusSuccessSamplingRate",
  "MonthlySpendLimit",
  "UsageReportS3Bucket",
]);
const DEFAULTS = { MonthlySpendLimit: "1" };

/** Settings of text messages: kept, without an effect. Nobody has opted out. */
export function textMessageOperations({ sns }: SnsParts) {
  return {
    SetSMSAttributes(input, context) {
      const { settings } = sns.in(context);
      const given = input.attributes ?? {};
      // Source: recorded AWS answers (LocalStack test_set_invalid_sms_attributes).
      for (const [name, value] of Object.entries(given)) {
        const isSender =
          name !== "DefaultSenderID" || /^(?=.*[A-Za-z])[A-Za-z0-9]{1,11}$/.test(value);
        if (!NAMES.has(name) || !isSender) throw invalidValue(`${name} is not a valid attribute`);
        if (name === "DefaultSMSType" && !/^(?:Promotional|Transactional)$/.test(value)) {
          throw invalidValue("DefaultSMSType is invalid");
        }
      }
      settings.set("sms", { ...settings.get("sms"), ...given });
      return {};
    },
    GetSMSAttributes(input, context) {
      const all = { ...DEFAULTS, ...sns.in(context).settings.get("sms") };
      const wanted = input.attributes ?? [];
      const told = Object.entries(all).filter(
        ([name]) => wanted.length === 0 || wanted.includes(name),
      );
      return { attributes: Object.fromEntries(told) };
    },
    CheckIfPhoneNumberIsOptedOut: () => ({ isOptedOut: false }),
    ListPhoneNumbersOptedOut: () => ({ phoneNumbers: [] }),
  } satisfies SnsHandlers;
}
