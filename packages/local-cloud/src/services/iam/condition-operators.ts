/** Source: AWS docs, "IAM JSON policy elements: Condition operators". */
const OPERATORS: ReadonlySet<string> = new Set([
  "StringEquals",
  "StringNotEquals",
  "StringEqualsIgnoreCase",
  "StringNotEqualsIgnoreCase",
  "StringLike",
  "StringNotLike",
  "NumericEquals",
  "NumericNotEquals",
  "NumericLessThan",
  "NumericLessThanEquals",
  "NumericGreaterThan",
  "NumericGreaterThanEquals",
  "DateEquals",
  "DateNotEquals",
  "DateLessThan",
  "DateLessThanEquals",
  "DateGreaterThan",
  "DateGreaterThanEquals",
  "Bool",
  "BinaryEquals",
  "IpAddress",
  "NotIpAddress",
  "ArnEquals",
  "ArnLike",
  "ArnNotEquals",
  "ArnNotLike",
]);

/** Whether IAM knows an operator, with "ForAnyValue:" before it or "IfExists" behind it as well. */
export function isConditionOperator(name: string): boolean {
  const bare = name.replace(/^For(?:AllValues|AnyValue):/, "");
  return bare === "Null" || OPERATORS.has(bare.replace(/IfExists$/, ""));
}
