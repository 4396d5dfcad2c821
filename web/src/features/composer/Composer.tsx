import { ArrowUp, CircleAlert, Mic, Plus, Smile, WifiOff } from "lucide-react";
import {
  type ClipboardEvent,
  type KeyboardEvent,
  lazy,
  type MouseEvent,
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
import { useHotkey } from "../../ui/useHotkey.ts";
import type { CompletionHandle, Group, Person } from "./Completion.tsx";
import { CAPTION_LIMIT, Counter, LIMIT } from "./Counter.tsx";
import type { Composing, ComposingAction } from "./composing.ts";
import { pastedFiles } from "./files/pasted.ts";
import type { Voice } from "./files/tray.ts";
import type { Files } from "./files/useFiles.ts";
import { ModeStrip } from "./ModeStrip.tsx";
import "./Composer.css";

const Completion = lazy(() => import("./Completion.tsx"));
const EmojiPopover = lazy(() => import("./EmojiPopover.tsx"));
const Tray = lazy(() => import("./files/Tray.tsx"));
const Recorder = lazy(() => import("./files/Recorder.tsx"));

/** What has none of these has nothing to be completed. */
const COMPLETES = /[@:]/;

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
  files: Files;
  /** Whom to tell that somebody records, if anybody. */
  conversationId: string | undefined;
  onSubmit: () => void;
  onVoice: (voice: Voice) => void;
  onEditLast: () => void;
  /** Esc, where there is nothing to take back. */
  onEscape: () => void;
}

/** Where one writes. What is added stacks above the line. */
export function Composer(props: ComposerProps) {
  const { ref, state, dispatch, name, me, people, group, offline, busy, files, onSubmit } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const completion = useRef<CompletionHandle>(null);
  const [caret, setCaret] = useState(0);
  const [active, setActive] = useState(false);
  const [recording, setRecording] = useState(false);
  const focus = () => field.current?.focus();
  useImperativeHandle(ref, () => ({ focus }));
  useCaretAtEnd(field, state.revision, setCaret);
  const { text, mode } = state;
  const editing = mode.kind === "edit";
  const items = editing ? [] : files.tray.items;
  const limit = items.length > 0 ? CAPTION_LIMIT : LIMIT;
  const ready = (text.trim() !== "" || items.length > 0) && text.length <= limit && !busy;
  const submit = () => {
    if (ready) onSubmit();
  };
  const insert = (emoji: string) => {
    const { selectionStart: from = text.length, selectionEnd: to = text.length } = field.current ?? {};
    dispatch({ do: "insert", text: emoji, from, to });
  };
  const paste = (event: ClipboardEvent) => {
    const pasted = editing ? [] : pastedFiles(event.clipboardData);
    if (pasted.length === 0) return;
    event.preventDefault();
    files.add(pasted);
  };
  const keyDown = useKeys({ ...props, completion, submit });
  const speaks = !editing && (recording || files.tray.voice !== undefined);
  return (
    <div className="composer">
      <Suspense>
        {!speaks && COMPLETES.test(text) && (
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
        )}
      </Suspense>
      <div className="composer__box">
        <ModeStrip mode={mode} me={me} onCancel={() => dispatch({ do: "cancel" })} />
        <Suspense>
          {items.length > 0 && <Tray items={items} onRemove={files.remove} onEmpty={focus} />}
          {speaks && (
            <Recorder
              files={files}
              conversationId={props.conversationId}
              onSend={props.onVoice}
              onClose={() => {
                setRecording(false);
                requestAnimationFrame(focus);
              }}
            />
          )}
        </Suspense>
        <div className="composer__line" hidden={speaks}>
          {!editing && <AttachButton onAttach={files.add} onDone={focus} />}
          <div className="composer__grow" data-text={`${text}\u200b`}>
            <textarea
              ref={field}
              rows={1}
              dir="auto"
              className="composer__field"
              aria-label={t.conversation.messageTo(name)}
              aria-describedby={mode.kind === "new" ? undefined : "composer-strip"}
              placeholder={items.length > 0 ? t.conversation.addCaption : t.conversation.placeholder}
              value={text}
              enterKeyHint="send"
              onChange={(event) => {
                setCaret(event.target.selectionEnd);
                dispatch({ do: "type", text: event.target.value });
              }}
              onSelect={(event) => setCaret(event.currentTarget.selectionEnd)}
              onKeyDown={keyDown}
              onPaste={paste}
              onFocus={() => setActive(true)}
              onBlur={() => setActive(false)}
            />
          </div>
          <EmojiButton onPick={insert} onClose={focus} />
          <MainButton
            records={!editing && text === "" && items.length === 0}
            ready={ready}
            label={editing ? t.conversation.saveEdit : t.conversation.send}
            onRecord={() => setRecording(true)}
            onSend={() => {
              submit();
              focus();
            }}
          />
        </div>
      </div>
      <Counter length={text.length} limit={limit} />
      <Notes problem={files.tray.problem} offline={offline} />
    </div>
  );
}

function Notes({ problem, offline }: { problem: string | undefined; offline: boolean }) {
  return (
    <>
      {problem !== undefined && (
        <p className="composer__note composer__note--bad" role="alert">
          <CircleAlert />
          {problem}
        </p>
      )}
      {offline && (
        <p className="composer__note">
          <WifiOff />
          {t.conversation.offline}
        </p>
      )}
    </>
  );
}

interface MainButtonProps {
  /** There is nothing to send: it is the microphone. */
  records: boolean;
  ready: boolean;
  label: string;
  onRecord: () => void;
  onSend: () => void;
}

function MainButton({ records, ready, label, onRecord, onSend }: MainButtonProps) {
  if (records && canRecord()) {
    // The second click of two on the button that sent is none on this one.
    const record = (event: MouseEvent) => event.detail < 2 && onRecord();
    return <IconButton key="record" icon={Mic} label={t.conversation.record} onClick={record} />;
  }
  return (
    <IconButton
      key="send"
      icon={ArrowUp}
      label={label}
      shortcut="enter"
      className={cx("composer__send", !ready && "composer__send--off")}
      aria-disabled={!ready}
      onClick={onSend}
    />
  );
}

/** Browsers have a microphone for pages that came safely alone. */
function canRecord(): boolean {
  return "MediaRecorder" in window && navigator.mediaDevices !== undefined;
}

function AttachButton({ onAttach, onDone }: { onAttach: (files: readonly File[]) => void; onDone: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  const choose = () => input.current?.click();
  useHotkey("mod+o", choose);
  return (
    <>
      <IconButton icon={Plus} label={t.conversation.attach} shortcut="mod+o" onClick={choose} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={({ target }) => {
          onAttach([...(target.files ?? [])]);
          // The same file can be chosen again.
          target.value = "";
          onDone();
        }}
      />
    </>
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
