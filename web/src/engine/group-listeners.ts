import type { GroupEvent } from "./engine.ts";

type Listener = (told: GroupEvent) => void;

/** Who in this tab hears what happens in which group. */
export class GroupListeners {
  private readonly listeners = new Map<string, Set<Listener>>();

  add(groupId: string, listener: Listener): () => void {
    const there = this.listeners.get(groupId) ?? new Set();
    this.listeners.set(groupId, there.add(listener));
    return () => {
      there.delete(listener);
      if (there.size === 0 && this.listeners.get(groupId) === there) this.listeners.delete(groupId);
    };
  }

  /** Without a group: those of all. */
  tell(groupId: string | undefined, told: GroupEvent): void {
    const groups = groupId === undefined ? [...this.listeners.values()] : [this.listeners.get(groupId) ?? []];
    for (const there of groups) for (const listener of [...there]) listener(told);
  }
}
