/** Delays that double up to a limit, with jitter, so that a thousand clients don't return at the same moment. */
export class Backoff {
  private next: number;

  constructor(
    private readonly firstMs: number,
    private readonly lastMs: number,
    private readonly random: () => number = Math.random,
  ) {
    this.next = firstMs;
  }

  /** The next delay: from half of it to all of it. */
  delayMs(): number {
    const delay = this.next;
    this.next = Math.min(delay * 2, this.lastMs);
    return delay * (0.5 + this.random() / 2);
  }

  /** It went well. */
  reset(): void {
    this.next = this.firstMs;
  }
}
