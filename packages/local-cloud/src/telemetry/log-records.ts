/** Turns matching log lines of a group into samples of one metric. */
export interface MetricFilter {
  readonly name: string;
  /** CloudWatch Logs filter pattern; "" matches every line. */
  readonly pattern: string;
  readonly createdAtMs: number;
  readonly transformations: readonly MetricTransformation[];
}

export interface MetricTransformation {
  readonly metricName: string;
  readonly metricNamespace: string;
  /** A number, or a field of the pattern: "$.latency", "$size". */
  readonly metricValue: string;
  readonly defaultValue?: number | undefined;
  /** Dimension name to a field of the pattern. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined;
  readonly unit?: string | undefined;
}

/** What is known of a log group, apart from its streams. Immutable: to change it, put a new one. */
export interface LogGroup {
  readonly name: string;
  readonly createdAtMs: number;
  /** Events older than this are gone. Undefined: kept for ever. */
  readonly retentionDays?: number | undefined;
  /** "STANDARD", "INFREQUENT_ACCESS" or "DELIVERY". */
  readonly logGroupClass: string;
  readonly kmsKeyId?: string | undefined;
  readonly deletionProtected?: boolean | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly metricFilters: readonly MetricFilter[];
}

export interface LogStream {
  readonly name: string;
  readonly createdAtMs: number;
  /** Undefined until the first event. */
  readonly firstEventAtMs?: number | undefined;
  readonly lastEventAtMs?: number | undefined;
  readonly lastIngestedAtMs?: number | undefined;
}

export interface StoredEvent {
  /** Ascending in the order of ingestion over the whole cloud; never reused. */
  readonly id: number;
  readonly stream: string;
  readonly atMs: number;
  readonly ingestedAtMs: number;
  readonly message: string;
}

/** Where an event stands in its group: events are ordered by time, then by id. */
export type EventPosition = Pick<StoredEvent, "atMs" | "id">;

export interface EventQuery {
  /** Only events of these streams. Undefined: of every stream. */
  readonly streams?: ReadonlySet<string> | undefined;
  /** Inclusive. */
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly untilMs?: number | undefined;
  readonly order: "oldestFirst" | "newestFirst";
  /** Goes on beyond this position, in the order of the query. */
  readonly after?: EventPosition | undefined;
}
