import { create } from "zustand";
import { lineOf } from "../features/timeline/names.ts";
import { t } from "../text/index.ts";
import { setAppearance, useAppearance } from "../theme/appearance.ts";
import type { News } from "./attention.ts";
import { playTone } from "./sound.ts";
import { worker } from "./update.ts";

const ASKED = "chatr:notify-asked";

interface Question {
  asked: boolean;
  /** Something came that could have been told. */
  due: boolean;
}

const useQuestion = create<Question>(() => ({ asked: wasAsked(), due: false }));

function wasAsked(): boolean {
  try {
    return localStorage.getItem(ASKED) !== null;
  } catch {
    // A site that may keep nothing does not begin: see the session's keeper.
    return true;
  }
}

function setAsked(): void {
  localStorage.setItem(ASKED, "1");
  useQuestion.setState({ asked: true });
}

/** The question about notifications: when the first message comes, until it is answered. The settings change the answer. */
export function useNotifyQuestion(): { open: boolean; allow: () => void; refuse: () => void } {
  const { asked, due } = useQuestion();
  return { open: due && !asked, allow: () => void allow(), refuse: setAsked };
}

/** Ask the browser, by a click of somebody. Answers whether there will be notifications. */
export async function allow(): Promise<boolean> {
  setAsked();
  const allowed = (await Notification.requestPermission()) === "granted";
  setAppearance({ notify: allowed ? "on" : "off" });
  return allowed;
}

/** Tell of one new message, as the settings of this browser have it. */
export async function announce({ row, message }: News, open: (conversationId: string) => void): Promise<void> {
  const { notify, preview, sound } = useAppearance.getState();
  if (sound) playTone();
  if (!("Notification" in window)) return;
  if (Notification.permission === "default") useQuestion.setState({ due: true });
  if (notify !== "on" || Notification.permission !== "granted") return;
  const title = row.title ?? message.sender.displayName;
  const said = lineOf(message).slice(0, 200);
  const body = preview
    ? row.kind === "group"
      ? t.common.saidBy(message.sender.displayName, said)
      : said
    : t.common.newMessage;
  // One a conversation, whatever the number of tabs that tell it.
  const options = { body, tag: row.id, icon: "/icon-192.png", silent: true, data: { conversationId: row.id } };
  if (worker?.active) {
    await worker.showNotification(title, options);
    return;
  }
  const shown = new Notification(title, options);
  shown.onclick = () => {
    window.focus();
    shown.close();
    open(row.id);
  };
}
