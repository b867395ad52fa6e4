/** One event on its way to a runtime. */
export interface RuntimeEvent {
  readonly requestId: string;
  readonly payload: Uint8Array;
  readonly invokedFunctionArn: string;
  readonly clientContext: string | undefined;
  readonly traceId: string;
  readonly timeoutMs: number;
}

export interface RuntimeAnswer {
  /** The payload is an error document. */
  readonly isError: boolean;
  /** Undefined when it was too large. */
  readonly payload: Uint8Array | undefined;
  /** The process is about to end: no other event may go to it. */
  readonly isLast: boolean;
}

/** What a runtime tells the cloud, whatever the channel. */
export interface RuntimeListener {
  /** The function is loaded and waits for its first event. */
  onReady(): void;
  onInitFailed(document: Uint8Array, errorType: string): void;
  onAnswer(answer: RuntimeAnswer): void;
}

/** How events reach one runtime process. At most one is outstanding. */
export interface RuntimeChannel {
  send(event: RuntimeEvent): void;
  close(): void;
}
