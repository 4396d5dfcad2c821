type Receive = ((event: MessageEvent) => void) | null;

/** A WebSocket class over which everything takes longer, each way, and stays in order. */
export function slowSocket(delayMs: () => number): typeof WebSocket {
  return class extends WebSocket {
    private readonly sending = new Queue(delayMs);
    private readonly receiving = new Queue(delayMs);
    private receive: Receive = null;

    override send(data: string | BufferSource | Blob): void {
      this.sending.put(() => this.readyState === WebSocket.OPEN && super.send(data));
    }

    override get onmessage(): Receive {
      return this.receive;
    }

    override set onmessage(receive: Receive) {
      this.receive = receive;
      super.onmessage = receive && ((event) => this.receiving.put(() => this.receive?.call(this, event)));
    }
  };
}

/** Does one thing after the other, each after a delay; at once when there is none and nothing waits. */
export class Queue {
  private free = 0;
  private waiting = 0;

  constructor(
    private readonly delayMs: () => number,
    private readonly now: () => number = Date.now,
  ) {}

  put(act: () => void): void {
    const due = Math.max(this.free, this.now() + this.delayMs());
    this.free = due;
    if (due <= this.now() && this.waiting === 0) {
      act();
      return;
    }
    this.waiting += 1;
    setTimeout(() => {
      this.waiting -= 1;
      act();
    }, due - this.now());
  }
}
