import { CircleAlert, WifiOff } from "lucide-react";
import {
  type ClipboardEvent,
  type ComponentProps,
  type KeyboardEvent,
  lazy,
  type Ref,
  Suspense,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { t } from "../../text/index.ts";
import { AttachButton, EmojiButton, MainButton } from "./buttons.tsx";
import type { CompletionHandle, Group, Person } from "./Completion.tsx";
import { CAPTION_LIMIT, Counter, LIMIT } from "./Counter.tsx";
import type { Composing, ComposingAction } from "./composing.ts";
import { pastedFiles } from "./files/pasted.ts";
import type { Voice } from "./files/tray.ts";
import type { Files } from "./files/useFiles.ts";
import { ModeStrip } from "./ModeStrip.tsx";
import "./Composer.css";

const Completion = lazy(() => import("./Completion.tsx"));
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
  /** Files can be sent there, and voice notes. */
  attaches: boolean;
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
  const { ref, state, dispatch, name, me, people, group, offline, busy, files, attaches, onSubmit } = props;
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
  const items = attaches ? files.tray.items : [];
  const filed = items.length > 0 || (mode.kind === "edit" && mode.message.file !== undefined);
  const limit = filed ? CAPTION_LIMIT : LIMIT;
  const ready = (text.trim() !== "" || filed) && text.length <= limit && !busy;
  const submit = () => {
    if (ready) onSubmit();
  };
  const insert = (emoji: string) => {
    const { selectionStart: from = text.length, selectionEnd: to = text.length } = field.current ?? {};
    dispatch({ do: "insert", text: emoji, from, to });
  };
  const paste = (event: ClipboardEvent) => {
    const pasted = attaches ? pastedFiles(event.clipboardData) : [];
    if (pasted.length === 0) return;
    event.preventDefault();
    files.add(pasted);
  };
  const keyDown = useKeys({ ...props, completion, submit });
  const speaks = attaches && (recording || files.tray.voice !== undefined);
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
          <Field
            ref={field}
            name={name}
            text={text}
            caption={items.length > 0}
            described={mode.kind !== "new"}
            onType={(typed) => dispatch({ do: "type", text: typed })}
            onCaret={setCaret}
            onActive={setActive}
            onKeyDown={keyDown}
            onPaste={paste}
          />
          {attaches && <AttachButton onAttach={files.add} onDone={focus} />}
          <EmojiButton onPick={insert} onClose={focus} />
          <MainButton
            records={attaches && text === "" && items.length === 0}
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

interface FieldProps extends Pick<ComponentProps<"textarea">, "ref" | "onKeyDown" | "onPaste"> {
  /** Whom it goes to. */
  name: string;
  text: string;
  /** It is about what is attached. */
  caption: boolean;
  /** The strip above says what it is about. */
  described: boolean;
  onType: (text: string) => void;
  onCaret: (caret: number) => void;
  onActive: (active: boolean) => void;
}

function Field({ name, text, caption, described, onType, onCaret, onActive, ...rest }: FieldProps) {
  return (
    <div className="composer__grow" data-text={`${text}\u200b`}>
      <textarea
        {...rest}
        rows={1}
        dir="auto"
        className="composer__field"
        aria-label={t.conversation.messageTo(name)}
        aria-describedby={described ? "composer-strip" : undefined}
        placeholder={caption ? t.conversation.addCaption : t.conversation.placeholder}
        value={text}
        enterKeyHint="send"
        onChange={(event) => {
          onCaret(event.target.selectionEnd);
          onType(event.target.value);
        }}
        onSelect={(event) => onCaret(event.currentTarget.selectionEnd)}
        onFocus={() => onActive(true)}
        onBlur={() => onActive(false)}
      />
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
