import {
  type KeyboardEvent,
  lazy,
  type RefObject,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Message, Sender } from "../../api/types.ts";
import { Banners } from "../../app/Banners.tsx";
import { usePanes } from "../../app/panes.ts";
import type { ActivityRow } from "../../db/schema.ts";
import { hush } from "../../media/only.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { useHotkey } from "../../ui/useHotkey.ts";
import { useNow } from "../../ui/useNow.ts";
import { Composer, type ComposerHandle } from "../composer/Composer.tsx";
import { Foot } from "../composer/Foot.tsx";
import { useDropping } from "../composer/files/useDropping.ts";
import { useFiles } from "../composer/files/useFiles.ts";
import { useDraft } from "../composer/useDraft.ts";
import { useLasting } from "../composer/useLasting.ts";
import { useSending } from "../composer/useSending.ts";
import { mayAttach, mayWrite, type Writing, writingOf } from "../composer/writing.ts";
import { mayCallAll } from "../groups/rules.ts";
import { ActivityBubble } from "./ActivityBubble.tsx";
import { ConversationBody } from "./ConversationBody.tsx";
import { ActsContext, type Marks, MarksContext, ViewContext } from "./context.ts";
import { Header, titleOf } from "./Header.tsx";
import { messageKey } from "./keys.ts";
import { giveBack, MessageMenu } from "./MessageMenu.tsx";
import type { TimelineHandle } from "./Timeline.tsx";
import { tickOf } from "./ticks.ts";
import { type ActsState, useMessageActs } from "./useActs.ts";
import { type ConversationData, useActivity } from "./useConversation.ts";
import { hitDone, useHit } from "./useHit.ts";
import { type Messages, useMessages } from "./useMessages.ts";
import { usePeopleHere } from "./usePeopleHere.ts";
import { useViewOf } from "./useViewOf.ts";

// What is asked for now and then comes when it is.
const SearchBar = lazy(() => import("./SearchBar.tsx"));
const DropVeil = lazy(() => import("../composer/files/DropVeil.tsx"));
const ReactionPicker = lazy(() => import("./ReactionPicker.tsx"));
const DetailsDialog = lazy(() => import("./DetailsDialog.tsx"));
const PersonCardAt = lazy(() => import("../profile/PersonCardAt.tsx"));

/** As the banner: a connection that is back sooner was missed by nobody. */
const OFFLINE_MS = 2000;

/** A conversation that is open: header, timeline, composer, and what opens above them. */
export function ConversationView({ data }: { data: ConversationData }) {
  const { me, target, conversation, person, online } = data;
  const engine = useEngine();
  const hit = useHit();
  const messages = useMessages(conversation, online, hit);
  const all = messages.state.messages;
  const activity = useActivity(conversation?.id, me.id);
  const [state, dispatch] = useDraft(target);
  const [searching, setSearching] = useState(false);
  const timeline = useRef<TimelineHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const focusComposer = useCallback(() => composer.current?.focus(), []);
  const show = useShow(messages, timeline, hit);
  const { acts, overlays, close } = useMessageActs({ dispatch, focusComposer, show });
  const toLatest = () => (messages.state.live ? timeline.current?.toLatest() : messages.openLatest());
  const files = useFiles(target);
  const sending = useSending({ data, state, dispatch, files, messages: all, onSent: toLatest });
  const writing = useWriting(data, all);
  const attaches = mayWrite(writing) && mayAttach(data) && state.mode.kind !== "edit";
  const dropping = useDropping(attaches ? files.add : undefined);
  const here = usePeopleHere(conversation, all, activity);
  const mentionable = useMentionable(data, all, here);
  const view = useViewOf(data, writing, here);
  const marks = useMarks(data);
  const offline = useLasting(!online, OFFLINE_MS);
  const name = titleOf(conversation, person);
  const read = useCallback(
    (seq: number) => conversation && engine.markRead(conversation.id, seq),
    [engine, conversation],
  );
  const leave = () => {
    setSearching(false);
    toLatest();
    if (conversation !== undefined) engine.markRead(conversation.id, conversation.headSeq);
    focusComposer();
  };
  useHotkey("escape", leave);
  useHotkey("mod+f", () => setSearching(true), { when: conversation !== undefined });
  useSearchWish(() => setSearching(true));
  // Where nothing would show that it plays, and nothing could stop it.
  useEffect(() => hush, []);
  useFocusAtOpening(composer, writing.kind);
  const onKey = (event: KeyboardEvent, message: Message, element: HTMLElement) =>
    messageKey(event, message, element, view, acts);
  return (
    <ActsContext value={acts}>
      <ViewContext value={view}>
        <MarksContext value={marks}>
          <section className="conversation" aria-label={name} {...dropping.handlers}>
            <Header data={data} activity={activity} here={here} onSearch={() => setSearching(true)} />
            <Banners />
            {searching && conversation && (
              <Suspense>
                <SearchBar
                  conversationId={conversation.id}
                  group={conversation.kind === "group"}
                  onHit={show}
                  onClose={() => {
                    setSearching(false);
                    focusComposer();
                  }}
                />
              </Suspense>
            )}
            <ConversationBody ref={timeline} data={data} messages={messages} onRead={read} onShow={show} onKey={onKey}>
              <Active activity={activity[0]} group={view.kind === "group"} name={name} here={here} />
            </ConversationBody>
            <Foot writing={writing} conversationId={conversation?.id} other={person}>
              <Composer
                ref={composer}
                state={state}
                dispatch={sending.write}
                name={name}
                me={me.id}
                people={mentionable.people}
                group={mentionable.group}
                offline={offline}
                busy={sending.busy}
                files={files}
                attaches={attaches}
                conversationId={conversation?.id}
                onSubmit={sending.submit}
                onVoice={sending.sendVoice}
                onEditLast={sending.editLast}
                onEscape={leave}
              />
            </Foot>
            {dropping.over && (
              <Suspense>
                <DropVeil />
              </Suspense>
            )}
          </section>
          <Overlays overlays={overlays} close={close} messages={all} marks={marks} me={me.id} />
        </MarksContext>
      </ViewContext>
    </ActsContext>
  );
}

interface ActiveProps {
  activity: ActivityRow | undefined;
  group: boolean;
  /** That of the other, between two. */
  name: string;
  here: readonly Sender[];
}

/** Who is about to write; in a group the foremost of them. */
function Active({ activity, group, name, here }: ActiveProps) {
  if (activity === undefined) return null;
  if (!group) return <ActivityBubble activity={activity} name={name} />;
  const sender = here.find(({ id }) => id === activity.userId);
  return <ActivityBubble activity={activity} name={sender?.displayName ?? t.conversation.someone} sender={sender} />;
}

type OverlaysProps = Pick<ActsState, "overlays" | "close"> & { messages: readonly Message[]; marks: Marks; me: string };

/** What opens above the timeline; one of each for all messages. */
function Overlays({ overlays, close, messages, marks, me }: OverlaysProps) {
  const { menu, picker, details, person } = overlays;
  // As it is now, not as it was when it was opened.
  const message = messages.find(({ id }) => id === details?.message.id) ?? details?.message;
  return (
    <>
      <MessageMenu place={menu} onClose={() => close("menu")} />
      <Suspense>
        {picker && <ReactionPicker place={picker} onClose={() => close("picker")} />}
        {person && <PersonCardAt place={person} onClose={() => close("person")} />}
        {message && (
          <DetailsDialog
            message={message}
            tick={message.sender.id === me ? tickOf(message, marks) : undefined}
            onClose={() => {
              close("details");
              if (details) giveBack(details);
            }}
          />
        )}
      </Suspense>
    </>
  );
}

function useWriting({ conversation, person, outbox, me }: ConversationData, messages: readonly Message[]): Writing {
  const now = useNow();
  const pending = conversation?.status === "pending";
  const own = pending ? messages.filter((message) => message.sender.id === me.id).length : 0;
  return writingOf({ conversation, person, outbox, own, me: me.id, now });
}

/** Who is offered while a mention is typed: in a group first who has written last. */
function useMentionable(
  { conversation, person }: ConversationData,
  messages: readonly Message[],
  here: readonly Sender[],
) {
  const { id, kind, role, memberCount = 0 } = conversation ?? {};
  const all = mayCallAll(role, memberCount);
  const group = useMemo(() => (kind === "group" && id !== undefined ? { id, all } : undefined), [kind, id, all]);
  const people = useMemo(() => {
    if (kind !== "group") return person === undefined ? [] : [person];
    const last = [...new Set(messages.map(({ sender }) => sender.id))].reverse();
    return last.flatMap((userId) => here.find((each) => each.id === userId) ?? []);
  }, [kind, person, messages, here]);
  return { people, group };
}

function useMarks({ conversation }: ConversationData): Marks {
  const { otherReadSeq, otherDeliveredSeq } = conversation ?? {};
  return useMemo(() => ({ otherReadSeq, otherDeliveredSeq }), [otherReadSeq, otherDeliveredSeq]);
}

/**
 * One can write at once, also when what was to be decided before is decided, and the buttons are gone. Where there is
 * no keyboard, the one of the screen stays away until it is asked for.
 */
function useFocusAtOpening(composer: RefObject<ComposerHandle | null>, kind: Writing["kind"]): void {
  const opened = useRef<Writing["kind"]>(undefined);
  useEffect(() => {
    const opens = opened.current === undefined;
    const lost = opened.current !== kind && document.activeElement === document.body;
    opened.current = kind;
    if ((opens || lost) && window.matchMedia("(hover: hover)").matches) composer.current?.focus();
  }, [composer, kind]);
}

/** Somebody asked for the search elsewhere. */
function useSearchWish(open: () => void): void {
  const wished = usePanes((panes) => panes.search);
  const latest = useRef(open);
  latest.current = open;
  useEffect(() => {
    if (!wished) return;
    usePanes.setState({ search: false });
    latest.current();
  }, [wished]);
}

/** Go to a message: in what is here, or by opening another place. */
function useShow(messages: Messages, timeline: RefObject<TimelineHandle | null>, hit: number | undefined) {
  const { openAround, state } = messages;
  const show = useCallback(
    (seq: number) => {
      if (timeline.current?.show(seq) !== true) openAround(seq);
    },
    [openAround, timeline],
  );
  // The first one is where the conversation opens.
  const first = useRef(true);
  useEffect(() => {
    if (!state.ready) return;
    if (hit !== undefined && !first.current) show(hit);
    first.current = false;
    if (hit !== undefined) hitDone();
  }, [hit, state.ready, show]);
  return show;
}
