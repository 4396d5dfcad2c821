import { ArrowUp, Smile, WifiOff } from "lucide-react";
import {
  type KeyboardEvent,
  lazy,
  type ReactNode,
  type Ref,
  Suspense,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { Completion, type CompletionHandle, type Group, type Person } from "./Completion.tsx";
import { Counter, LIMIT } from "./Counter.tsx";
import type { Composing, ComposingAction } from "./composing.ts";
import { ModeStrip } from "./ModeStrip.tsx";
import "./Composer.css";

const EmojiPopover = lazy(() => import("./EmojiPopover.tsx"));

export interface ComposerHandle {
  focus(): void;
}

interface ComposerProps {
  ref: Ref<ComposerHandle>;
  state: Composing;
  dispatch: (action: ComposingAction) => void;
  /** Whom it goes to. */
  name: string;
  me: string;
  people: readonly Person[];
  /** Of which group it is. */
  group?: Group | undefined;
  /** There is no connection: what is written waits. */
  offline: boolean;
  /** An edit is on its way. */
  busy: boolean;
  /** What is attached, above the line. */
  tray?: ReactNode;
  onSubmit: () => void;
  onEditLast: () => void;
  /** Esc, where there is nothing to take back. */
  onEscape: () => void;
}

/** Where one writes. What is added stacks above the line. */
export function Composer(props: ComposerProps) {
  const { ref, state, dispatch, name, me, people, group, offline, busy, tray, onSubmit } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const completion = useRef<CompletionHandle>(null);
  const [caret, setCaret] = useState(0);
  const [active, setActive] = useState(false);
  useImperativeHandle(ref, () => ({ focus: () => field.current?.focus() }));
  useCaretAtEnd(field, state.revision, setCaret);
  const { text, mode } = state;
  const ready = text.trim() !== "" && text.length <= LIMIT && !busy;
  const submit = () => {
    if (ready) onSubmit();
  };
  const insert = (emoji: string) => {
    const { selectionStart: from = text.length, selectionEnd: to = text.length } = field.current ?? {};
    dispatch({ do: "insert", text: emoji, from, to });
  };
  const keyDown = useKeys({ ...props, completion, submit });
  return (
    <div className="composer">
      <Completion
        ref={completion}
        field={field}
        text={text}
        caret={caret}
        active={active}
        people={people}
        group={group}
        me={me}
        onPick={(query, word) => dispatch({ do: "insert", text: word, from: query.from, to: query.to })}
      />
      <div className="composer__box">
        <ModeStrip mode={mode} me={me} onCancel={() => dispatch({ do: "cancel" })} />
        {tray}
        <div className="composer__line">
          <div className="composer__grow" data-text={`${text}\u200b`}>
            <textarea
              ref={field}
              rows={1}
              dir="auto"
              className="composer__field"
              aria-label={t.conversation.messageTo(name)}
              aria-describedby={mode.kind === "new" ? undefined : "composer-strip"}
              placeholder={t.conversation.placeholder}
              value={text}
              enterKeyHint="send"
              onChange={(event) => {
                setCaret(event.target.selectionEnd);
                dispatch({ do: "type", text: event.target.value });
              }}
              onSelect={(event) => setCaret(event.currentTarget.selectionEnd)}
              onKeyDown={keyDown}
              onFocus={() => setActive(true)}
              onBlur={() => setActive(false)}
            />
          </div>
          <EmojiButton onPick={insert} onClose={() => field.current?.focus()} />
          <IconButton
            icon={ArrowUp}
            label={mode.kind === "edit" ? t.conversation.saveEdit : t.conversation.send}
            shortcut="enter"
            className={cx("composer__send", !ready && "composer__send--off")}
            aria-disabled={!ready}
            onClick={submit}
          />
        </div>
      </div>
      <Counter length={text.length} />
      {offline && (
        <p className="composer__note">
          <WifiOff />
          {t.conversation.offline}
        </p>
      )}
    </div>
  );
}

/** What was set from outside has the caret at its end, ready to go on. */
function useCaretAtEnd(
  field: { current: HTMLTextAreaElement | null },
  revision: number,
  setCaret: (caret: number) => void,
): void {
  const first = useRef(revision);
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null || revision === first.current) return;
    const end = element.value.length;
    element.setSelectionRange(end, end);
    element.scrollTop = element.scrollHeight;
    setCaret(end);
  }, [field, revision, setCaret]);
}

type KeysOptions = Pick<ComposerProps, "state" | "dispatch" | "onEditLast" | "onEscape"> & {
  completion: { current: CompletionHandle | null };
  submit: () => void;
};

function useKeys({ state, dispatch, onEditLast, onEscape, completion, submit }: KeysOptions) {
  return (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // 229: an input method is at work, also where the event does not say so.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    const plain = !(event.shiftKey || event.altKey || event.ctrlKey || event.metaKey);
    if (plain && completion.current?.keyDown(event.key)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "ArrowUp" && plain && state.text === "") {
      event.preventDefault();
      onEditLast();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (state.mode.kind === "new") onEscape();
      else dispatch({ do: "cancel" });
    }
  };
}

function EmojiButton({ onPick, onClose }: { onPick: (emoji: string) => void; onClose: () => void }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLSpanElement>(null);
  return (
    <span ref={button}>
      <IconButton
        icon={Smile}
        label={t.conversation.emoji}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      />
      {open && (
        <Suspense>
          <EmojiPopover at={button} onPick={onPick} onEnd={() => setOpen(false)} onClosed={onClose} />
        </Suspense>
      )}
    </span>
  );
}
