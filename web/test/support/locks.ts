/** Locks of one browser, as far as the engine uses them: Node has none. */
export class Locks {
  private readonly tails = new Map<string, Promise<unknown>>();
  private readonly held = new Set<string>();

  request = (async (name: string, options: LockOptions, work: LockGrantedCallback<unknown>) => {
    if (options.ifAvailable && this.held.has(name)) return work(null);
    const before = this.tails.get(name) ?? Promise.resolve();
    let release: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      release = resolve;
    });
    const after = before.then(() => over);
    this.tails.set(name, after);
    const aborted = new Promise((resolve) => options.signal?.addEventListener("abort", resolve));
    if (!options.ifAvailable) await Promise.race([before, aborted]);
    try {
      options.signal?.throwIfAborted();
      this.held.add(name);
      return await work({ name, mode: "exclusive" });
    } finally {
      if (this.tails.get(name) === after) this.held.delete(name);
      release();
    }
  }) as LockManager["request"];
}
