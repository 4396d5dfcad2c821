import { ArrowUp, Undo2 } from "lucide-react";
import { type FormEvent, useMemo, useState } from "react";
import type { Me, Message } from "../../api/types.ts";
import { t } from "../../text/developer.ts";
import { refusal } from "../../text/refusal.ts";
import { cx } from "../../ui/cx.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { ActivityBubble } from "../timeline/ActivityBubble.tsx";
import { BubbleMeta } from "../timeline/BubbleMeta.tsx";
import { BubbleText } from "../timeline/BubbleText.tsx";
import { type View, ViewContext } from "../timeline/context.ts";
import { DayLine } from "../timeline/DayLine.tsx";
import { useMentions } from "../timeline/mentions.ts";
import { directionOf, lineOf, nameOf } from "../timeline/names.ts";
import { createRows, type Row } from "../timeline/rows.ts";
import { tickOf } from "../timeline/ticks.ts";
import "../timeline/Bubble.css";
import type { LabConnection } from "./connection.ts";
import "./PaneTalk.css";
import type { Talk } from "./talk.ts";
import { type Talking, useTalk } from "./useTalk.ts";

interface PaneTalkProps {
  connection: LabConnection;
  connected: boolean;
  /** Whose pane stands beside. */
  other: Me;
}

/** What the people of two panes say to each other, as a client shows it; each act of it is among the events. */
export function PaneTalk({ connection, connected, other }: PaneTalkProps) {
  const talking = useTalk(connection, other.id, connected);
  const { talk } = talking;
  const { id: me, displayName: ownName } = connection.user;
  const view = useMemo<View>(
    () => ({
      me,
      ownName,
      mentions: [],
      kind: "direct",
      trusted: true,
      canReact: false,
      canReply: false,
      canUnsendAll: false,
    }),
    [me, ownName],
  );
  const layOut = useMemo(createRows, []);
  const rows = layOut({ messages: talk.messages, atStart: true, outbox: [], me, unreadAfter: undefined });
  return (
    <section className="lab-talk" aria-label={t.developer.talkWith(other.displayName)}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and nothing in it can have the focus. */}
      <div className="lab-talk__scroll" role="log" aria-label={t.conversation.messages} tabIndex={0}>
        <ViewContext value={view}>
          <div>
            {rows.length === 0 && <p className="lab-talk__none">{t.developer.noTalk}</p>}
            {rows.map((row) => row.kind === "message" && <TalkRow key={row.key} row={row} talk={talk} me={me} />)}
            <div className="lab-talk__tail">{talk.typing && <Typing talk={talk} name={other.displayName} />}</div>
          </div>
        </ViewContext>
      </div>
      <TalkForm talking={talking} name={other.displayName} connected={connected} />
    </section>
  );
}

function Typing({ talk: { conversationId = "", other }, name }: { talk: Talk; name: string }) {
  return <ActivityBubble activity={{ conversationId, userId: other, kind: "typing", until: 0 }} name={name} />;
}

function TalkRow({ row, talk, me }: { row: Row & { kind: "message" }; talk: Talk; me: string }) {
  const { message, mine, first, startsDay, day } = row;
  const gone = message.unsent === true;
  const ticks = mine && !gone;
  const edited = message.edited === true && !gone;
  return (
    <div className={cx("lab-talk__row", first && "lab-talk__row--first", mine && "lab-talk__row--mine")}>
      {startsDay && <DayLine day={day} />}
      <article
        className={cx("bubble", first && "bubble--first", mine && "bubble--mine", gone && "bubble--gone")}
        aria-label={nameOf(message, me)}
      >
        <div
          className={cx("bubble__body", ticks && "bubble__body--ticks", edited && "bubble__body--edited")}
          dir={directionOf(message.content)}
        >
          {gone ? <Gone message={message} me={me} /> : <Said message={message} />}
          <BubbleMeta at={message.createdAt} edited={edited} tick={ticks ? tickOf(message, talk.marks) : undefined} />
        </div>
      </article>
      {!gone && <Given message={message} />}
    </div>
  );
}

function Said({ message }: { message: Message }) {
  return <BubbleText id={message.id} text={lineOfAny(message)} mentions={useMentions(message)} />;
}

function Gone({ message, me }: { message: Message; me: string }) {
  return (
    <p className="bubble__kind">
      <Undo2 />
      {message.sender.id === me ? t.conversation.unsentByYou : t.conversation.unsentBy(nameOf(message, me))}
    </p>
  );
}

/** Reactions, to be seen only. */
function Given({ message: { reactions = [] } }: { message: Message }) {
  if (reactions.length === 0) return null;
  return <span className="lab-talk__reactions">{reactions.map(({ emoji }) => emoji).join(" ")}</span>;
}

function lineOfAny(message: Message): string {
  return message.type === "text" ? message.content : lineOf(message);
}

function TalkForm({ talking, name, connected }: { talking: Talking; name: string; connected: boolean }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const ready = connected && text.trim() !== "";
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (!ready) return;
    setText("");
    setProblem("");
    talking.type(false);
    const answer = await talking.send(text.trim());
    if (answer.kind === "good") return;
    // What was typed meanwhile goes before what was not sent.
    setText((now) => now || text);
    setProblem(refusal(answer.error));
  };
  return (
    <form className="lab-talk__form" onSubmit={submit}>
      {problem && (
        <p className="lab-talk__problem" role="alert">
          {problem}
        </p>
      )}
      <div className="lab-talk__line">
        <input
          dir="auto"
          aria-label={t.conversation.messageTo(name)}
          placeholder={t.conversation.placeholder}
          value={text}
          enterKeyHint="send"
          autoComplete="off"
          onChange={({ target: { value } }) => {
            setText(value);
            talking.type(value.trim() !== "");
          }}
        />
        <IconButton
          icon={ArrowUp}
          label={t.conversation.send}
          className={cx("lab-talk__send", !ready && "lab-talk__send--off")}
          aria-disabled={!ready}
          onClick={() => void submit()}
        />
      </div>
    </form>
  );
}
