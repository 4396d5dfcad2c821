/** What one connection has brought, in order, with one reader who asks for the next when the last is handled. */
export class Inbox<T> {
  private items: T[] = [];
  private wake: (() => void) | undefined;
  private isClosed = false;

  put(item: T): void {
    if (this.isClosed) return;
    this.items.push(item);
    this.wake?.();
  }

  /** Take nothing more; answers what nobody will handle. */
  close(): T[] {
    this.isClosed = true;
    const left = this.items;
    this.items = [];
    this.wake?.();
    return left;
  }

  /** What is here already and follows at once, as long as it is of a kind. */
  more<K extends T>(isOfKind: (item: T) => item is K, most: number): K[] {
    const found: K[] = [];
    for (const item of this.items) {
      if (found.length === most || !isOfKind(item)) break;
      found.push(item);
    }
    this.items.splice(0, found.length);
    return found;
  }

  /** The next, or undefined when it is closed. */
  async next(): Promise<T | undefined> {
    while (this.items.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = undefined;
    }
    return this.items.shift();
  }
}
