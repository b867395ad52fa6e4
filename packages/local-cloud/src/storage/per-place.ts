import type { Place } from "../telemetry/metric-sink.ts";

/** One value for each account and region, made when it is first asked for: the same object each time. */
export function perPlace<Value>(make: (place: Place) => Value): (place: Place) => Value {
  const made = new Map<string, Value>();
  return ({ account, region }) => {
    const id = `${account}/${region}`;
    let value = made.get(id);
    if (value === undefined) {
      value = make({ account, region });
      made.set(id, value);
    }
    return value;
  };
}
