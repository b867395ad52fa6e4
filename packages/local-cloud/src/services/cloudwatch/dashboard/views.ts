/** What a dashboard shows at one moment: everything a page needs, and nothing of how it looks. */
export interface DashboardView {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly widgets: readonly WidgetView[];
}

/** Where a widget stands on the grid of 24 columns. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WidgetView {
  readonly title: string;
  readonly placement: Placement;
  readonly content: WidgetContent;
}

export type WidgetContent =
  | ChartView
  | {
      readonly kind: "numbers";
      readonly values: readonly NumberView[];
      readonly problems: readonly string[];
    }
  | { readonly kind: "alarms"; readonly alarms: readonly AlarmStateView[] }
  | {
      readonly kind: "log";
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
      readonly problems: readonly string[];
    }
  | { readonly kind: "text"; readonly markdown: string }
  | { readonly kind: "unsupported"; readonly type: string };

export interface ChartView {
  readonly kind: "chart";
  readonly isStacked: boolean;
  readonly lines: readonly LineView[];
  readonly bounds: readonly BoundView[];
  readonly left: AxisView;
  readonly right: AxisView;
  /** Why lines are empty. */
  readonly problems: readonly string[];
}

export interface AxisView {
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly label: string | undefined;
}

export type Side = "left" | "right";

export interface LineView {
  readonly label: string;
  /** "#1f77b4" */
  readonly color: string;
  readonly side: Side;
  /** AWS's unit; undefined for what metric math made. */
  readonly unit: string | undefined;
  /** Oldest first: time in milliseconds, value. */
  readonly points: readonly (readonly [number, number])[];
}

/** A horizontal annotation, or an alarm's threshold. */
export interface BoundView {
  readonly label: string;
  readonly value: number;
  readonly color: string;
  readonly side: Side;
  readonly fill: "above" | "below" | undefined;
}

export interface NumberView {
  readonly label: string;
  readonly color: string;
  readonly unit: string | undefined;
  /** Undefined: no data. */
  readonly value: number | undefined;
  readonly points: readonly (readonly [number, number])[];
  /** A gauge's range. */
  readonly range: { readonly min: number; readonly max: number } | undefined;
}

export interface AlarmStateView {
  readonly name: string;
  /** Undefined: there is no such alarm. */
  readonly state: "OK" | "ALARM" | "INSUFFICIENT_DATA" | undefined;
  readonly reason: string;
  readonly sinceMs: number | undefined;
}
