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

/** Lets the newest pass, one at a time: the next goes when the one before is through, and has been for a while. */
export class Newest<T> {
  /** Who is under way, with what came meanwhile. */
  private readonly lanes = new Map<string, T[]>();

  constructor(
    private readonly everyMs: number,
    private readonly pass: (key: string, value: T) => Promise<void>,
  ) {}

  put(key: string, value: T): void {
    const lane = this.lanes.get(key);
    if (lane !== undefined) lane[0] = value;
    else void this.run(key, [value]);
  }

  clear(): void {
    for (const lane of this.lanes.values()) lane.length = 0;
  }

  private async run(key: string, lane: T[]): Promise<void> {
    this.lanes.set(key, lane);
    for (const value of takenFrom(lane)) {
      await this.pass(key, value);
      await new Promise((resolve) => setTimeout(resolve, this.everyMs));
    }
    this.lanes.delete(key);
  }
}

function* takenFrom<T>(lane: T[]): Generator<T> {
  while (lane.length > 0) yield* lane.splice(0);
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
