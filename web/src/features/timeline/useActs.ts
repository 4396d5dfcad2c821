import { useCallback, useMemo, useRef, useState } from "react";
import type { Message } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { confirm } from "../../ui/confirm.tsx";
import { copyText } from "../../ui/copy.ts";
import { toast } from "../../ui/toast.tsx";
import type { ComposingAction } from "../composer/composing.ts";
import type { CardPlace } from "../profile/PersonCardAt.tsx";
import type { Acts } from "./context.ts";
import type { MenuPlace } from "./MessageMenu.tsx";

/** What is open above the timeline. */
export interface Overlays {
  menu?: MenuPlace;
  picker?: MenuPlace;
  details?: Pick<MenuPlace, "message" | "from">;
  person?: CardPlace;
}

interface Options {
  dispatch: (action: ComposingAction) => void;
  focusComposer: () => void;
  show: (seq: number) => void;
}

export interface ActsState {
  acts: Acts;
  overlays: Overlays;
  close: (overlay: keyof Overlays) => void;
}

/** All that is done with messages; each says itself when it fails. */
export function useMessageActs(options: Options): ActsState {
  const engine = useEngine();
  const [overlays, setOverlays] = useState<Overlays>({});
  const latest = useRef(options);
  latest.current = options;
  const acts = useMemo((): Acts => {
    const told = (work: Promise<unknown>) => work.catch((error: unknown) => toast(refusal(error)));
    const compose = (action: ComposingAction) => {
      latest.current.dispatch(action);
      // The menu gives the focus back first.
      setTimeout(() => latest.current.focusComposer(), 0);
    };
    const place = (message: Message, at: DOMRect): MenuPlace => ({ message, at, from: rowOf(message) });
    return {
      reply: (message) => compose({ do: "reply", to: message }),
      edit: (message) => compose({ do: "edit", message }),
      react: (message, emoji) => void told(engine.call("message.react", { id: message.id, emoji })),
      unsend: async (message) => {
        const question = {
          title: t.conversation.unsendTitle,
          text: t.conversation.unsendText,
          verb: t.conversation.unsend,
        };
        if (await confirm({ ...question, danger: true })) await told(engine.call("message.unsend", { id: message.id }));
      },
      copy: (message) => void told(copyText(message.content)),
      open: ({ id }) => document.querySelector<HTMLElement>(`[data-open="${CSS.escape(id)}"]`)?.click(),
      download: ({ file }) =>
        file && void told(import("../../media/download.ts").then((it) => it.download(engine, file))),
      details: (message) => setOverlays({ details: { message, from: rowOf(message) } }),
      menu: (message, at) => setOverlays({ menu: place(message, at) }),
      pick: (message, at) => setOverlays({ picker: place(message, at) }),
      showQuoted: (message) => void told(quotedSeq(message).then((seq) => latest.current.show(seq))),
      person: (userId, at) => setOverlays({ person: { userId, at, from: at.closest<HTMLElement>("[data-key]") } }),
      retry: (clientId) => void told(engine.retry(clientId)),
      discard: (clientId) => void told(engine.discard(clientId)),
    };

    async function quotedSeq({ replyTo }: Message): Promise<number> {
      const id = replyTo?.id ?? "";
      const quoted = (await engine.db.messages.get(id)) ?? (await engine.call("message.get", { id }));
      return quoted.seq;
    }
  }, [engine]);
  // An act of the menu may have opened another one.
  const close = useCallback(
    (overlay: keyof Overlays) => setOverlays((open) => ({ ...open, [overlay]: undefined })),
    [],
  );
  return { acts, overlays, close };
}

/** The row of a message: it has the focus when its menu closes. */
function rowOf(message: Message): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-key="${CSS.escape(message.clientId ?? message.id)}"]`);
}
