/** Lets a signal pass as often as the server takes it; the last one always passes, late if need be. */
export class Throttle<T> {
  private readonly lanes = new Map<string, { at: number; next?: T; timer?: ReturnType<typeof setTimeout> }>();

  constructor(
    private readonly everyMs: number,
    private readonly pass: (key: string, value: T) => void,
  ) {}

  put(key: string, value: T): void {
    const lane = this.lanes.get(key) ?? { at: 0 };
    this.lanes.set(key, lane);
    const wait = lane.at + this.everyMs - Date.now();
    if (wait <= 0) {
      lane.at = Date.now();
      this.pass(key, value);
      return;
    }
    lane.next = value;
    lane.timer ??= setTimeout(() => {
      lane.timer = undefined;
      lane.at = Date.now();
      this.pass(key, lane.next as T);
    }, wait);
  }

  /** Forget what waits. */
  drop(key: string): void {
    const lane = this.lanes.get(key);
    clearTimeout(lane?.timer);
    if (lane !== undefined) lane.timer = undefined;
  }

  clear(): void {
    for (const key of this.lanes.keys()) this.drop(key);
  }
}

/** Says that somebody is at something: the first signal at once, repeated ones every so often, its end at once. */
export class Repeated {
  private readonly sent = new Map<string, number>();

  constructor(
    private readonly everyMs: number,
    private readonly pass: (key: string, active: boolean) => void,
  ) {}

  put(key: string, active: boolean): void {
    const at = this.sent.get(key);
    if (!active) {
      if (at === undefined) return;
      this.sent.delete(key);
      this.pass(key, false);
    } else if (at === undefined || Date.now() - at >= this.everyMs) {
      this.sent.set(key, Date.now());
      this.pass(key, true);
    }
  }
}
