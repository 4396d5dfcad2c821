type Status = "online" | "away";

/** Whether somebody looks at any of a person's tabs. */
export class Attendance {
  private readonly tabs = new Map<string, Status>();

  /** Note it of one tab; answers it of all. */
  note(tab: string, status: Status | "gone"): Status {
    if (status === "gone") this.tabs.delete(tab);
    else this.tabs.set(tab, status);
    return this.together();
  }

  /** One is here when one is at any tab. */
  together(): Status {
    const all = [...this.tabs.values()];
    return all.length > 0 && all.every((status) => status === "away") ? "away" : "online";
  }
}
