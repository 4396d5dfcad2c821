import type { Message } from "../../api/types.ts";

/** What is written besides text: nothing, an answer to a message, or a new text for one. */
export type Mode =
  | { kind: "new" }
  | { kind: "reply"; to: Message }
  /** `kept`: what was being written when the edit began; it comes back afterwards. */
  | { kind: "edit"; message: Message; kept: { text: string; replyTo: Message | undefined } };

export interface Composing {
  text: string;
  mode: Mode;
  /** What is typed in the field counts one up each time it is set from outside, so that the caret can go to its end. */
  revision: number;
}

export type ComposingAction =
  | { do: "type"; text: string }
  | { do: "insert"; text: string; from: number; to: number }
  | { do: "reply"; to: Message }
  | { do: "edit"; message: Message }
  | { do: "restore"; text: string; replyTo: Message | undefined }
  /** Take away the strip above the field. */
  | { do: "cancel" }
  /** It has been sent, or the edit is saved. */
  | { do: "done" };

export const nothing: Composing = { text: "", mode: { kind: "new" }, revision: 0 };

export function composing(state: Composing, action: ComposingAction): Composing {
  switch (action.do) {
    case "type":
      return { ...state, text: action.text };
    case "insert":
      return set(state, state.text.slice(0, action.from) + action.text + state.text.slice(action.to), state.mode);
    case "reply": {
      const before = leaveEdit(state);
      return set(state, before.text, { kind: "reply", to: action.to });
    }
    case "edit": {
      const { text, replyTo } = draftOf(state);
      return set(state, action.message.content, { kind: "edit", message: action.message, kept: { text, replyTo } });
    }
    case "restore":
      return set(state, action.text, replyMode(action.replyTo));
    case "cancel":
      if (state.mode.kind === "reply") return set(state, state.text, { kind: "new" });
      return leaveEdit(state);
    case "done":
      return state.mode.kind === "edit" ? leaveEdit(state) : set(state, "", { kind: "new" });
  }
}

/** What is kept of it when the conversation is left: never the text of an edit. */
export function draftOf(state: Composing): { text: string; replyTo: Message | undefined } {
  switch (state.mode.kind) {
    case "new":
      return { text: state.text, replyTo: undefined };
    case "reply":
      return { text: state.text, replyTo: state.mode.to };
    case "edit":
      return state.mode.kept;
  }
}

function leaveEdit(state: Composing): Composing {
  if (state.mode.kind !== "edit") return state;
  return set(state, state.mode.kept.text, replyMode(state.mode.kept.replyTo));
}

function replyMode(to: Message | undefined): Mode {
  return to === undefined ? { kind: "new" } : { kind: "reply", to };
}

function set(state: Composing, text: string, mode: Mode): Composing {
  return { text, mode, revision: state.revision + 1 };
}
