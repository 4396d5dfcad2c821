/** Locks of one browser, as far as the engine uses them: Node has none. */
export class Locks {
  private readonly tails = new Map<string, Promise<unknown>>();

  request = (async (name: string, options: LockOptions, work: LockGrantedCallback<unknown>) => {
    const before = this.tails.get(name) ?? Promise.resolve();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.tails.set(
      name,
      before.then(() => held),
    );
    const aborted = new Promise((resolve) => options.signal?.addEventListener("abort", resolve));
    await Promise.race([before, aborted]);
    try {
      options.signal?.throwIfAborted();
      return await work(null);
    } finally {
      release();
    }
  }) as LockManager["request"];
}
