/** A number as AWS writes it in reasons: Java's double, "21.5", "1.0", "1.0E-4". */
export function doubleText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [digits = "", exponent = ""] = value.toExponential().split("e");
    return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** "19/06/26 10:15:00", in UTC. */
export function reasonTime(atMs: number): string {
  const [date = "", time = ""] = new Date(atMs).toISOString().split("T");
  const [year = "", month, day] = date.split("-");
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
// prettier-ignore
const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December",
];

/** "Friday 22 July, 2022 15:57:45 UTC" */
export function longTime(atMs: number): string {
  const at = new Date(atMs);
  const day = String(at.getUTCDate()).padStart(2, "0");
  const date = `${DAYS[at.getUTCDay()]} ${day} ${MONTHS[at.getUTCMonth()]}, ${at.getUTCFullYear()}`;
  return `${date} ${at.toISOString().slice(11, 19)} UTC`;
}

/** "1 datapoint was", "2 datapoints were": `words` are the noun and what follows the verb. */
export function counted(
  count: number,
  noun: string,
): { readonly noun: string; readonly verb: string } {
  return count === 1
    ? { noun: `${count} ${noun}`, verb: "was" }
    : { noun: `${count} ${noun}s`, verb: "were" };
}
