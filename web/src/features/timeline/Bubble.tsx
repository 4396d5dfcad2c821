import { File, Image, type LucideIcon, Mic, Undo2, Video } from "lucide-react";
import { type ReactNode, useContext } from "react";
import type { File as FileOf, Message } from "../../api/types.ts";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { toneOf } from "../../ui/identity.ts";
import type { Album } from "./albums.ts";
import { BubbleMeta } from "./BubbleMeta.tsx";
import { BubbleText } from "./BubbleText.tsx";
import { MarksContext, useActs, useView, type View } from "./context.ts";
import { isEmojiOnly } from "./emojiOnly.ts";
import { FileSpace, isPictureType } from "./FileSpace.tsx";
import { LinkCard } from "./LinkCard.tsx";
import { useMentions } from "./mentions.ts";
import { directionOf, lineOf, nameOf } from "./names.ts";
import { Quote } from "./Quote.tsx";
import { tickOf } from "./ticks.ts";
import { useFileBodies } from "./useFileBodies.ts";
import "./Bubble.css";

interface BubbleProps {
  message: Message;
  mine: boolean;
  first: boolean;
  /** All that were sent together with it. */
  album?: Album;
  /** Whoever wrote it is named. */
  named?: boolean;
  /** What floats at its upper edge. */
  children?: ReactNode;
}

/** One message, by what it is. */
export function Bubble({ message, mine, first, album, named = false, children }: BubbleProps) {
  const { me, kind } = useView();
  const jumbo = isJumbo(message);
  const gone = message.unsent === true;
  const shape = cx(
    "bubble",
    first && "bubble--first",
    mine && "bubble--mine",
    jumbo && "bubble--jumbo",
    gone && "bubble--gone",
    !gone && message.file && isPictureType(message.type) && "bubble--media",
    captioned(message, album) && "bubble--captioned",
    (album?.messages ?? [message]).some(({ reactions }) => reactions?.length) && "bubble--reacted",
  );
  return (
    <div className={shape}>
      {named && <SenderName message={message} />}
      {gone ? (
        <Kind icon={Undo2} message={message} mine={mine} words={unsentWords(message, me, kind)} />
      ) : (
        <Content message={message} mine={mine} album={album} />
      )}
      {children}
    </div>
  );
}

/** In a group an owner or admin may have done it: who did is not told. */
function unsentWords(message: Message, me: string, kind: View["kind"]): string {
  if (kind === "group") return t.conversation.messageUnsent;
  return message.sender.id === me ? t.conversation.unsentByYou : t.conversation.unsentBy(nameOf(message, me));
}

/** In the colour that is theirs everywhere. A click opens their card, as the menu of the message does. */
function SenderName({ message: { sender } }: Pick<BubbleProps, "message">) {
  const acts = useActs();
  return (
    <button
      type="button"
      tabIndex={-1}
      className={cx("bubble__name ellipsis", toneOf(sender.id))}
      onClick={(event) => acts.person(sender.id, event.currentTarget)}
    >
      <bdi>{sender.displayName}</bdi>
    </button>
  );
}

/** Whether it is shown large, without a bubble. */
export function isJumbo(message: Message): boolean {
  return message.type === "text" && message.replyTo === undefined && !message.unsent && isEmojiOnly(message.content);
}

type ContentProps = Pick<BubbleProps, "message" | "mine" | "album">;

function Content({ message, mine, album }: ContentProps) {
  const { type, file } = message;
  switch (type) {
    case "text":
      return <Text message={message} mine={mine} />;
    case "image":
    case "video":
    case "audio":
    case "file":
      if (file === undefined) return <Kind icon={ICONS[type]} message={message} mine={mine} words={lineOf(message)} />;
      return <Filed message={{ ...message, file }} mine={mine} album={album} icon={ICONS[type]} />;
    case "system":
      return null;
  }
}

const ICONS = { image: Image, video: Video, audio: Mic, file: File };

/** The message of an album that has words: mostly the first. */
function captioned(message: Message, album: Album | undefined): Message | undefined {
  if (message.file === undefined || message.unsent) return undefined;
  return (album?.messages ?? [message]).find(({ content }) => content !== "");
}

/** A file, or all of an album, with what was said about it. */
function Filed({
  message,
  mine,
  album,
  icon,
}: ContentProps & { message: Message & { file: FileOf }; icon: LucideIcon }) {
  const acts = useActs();
  const parts = useFileBodies();
  const mentions = useMentions(message);
  const first = album?.messages[0] ?? message;
  const caption = captioned(message, album);
  const meta = <Meta message={message} mine={mine} />;
  if (parts === null) return <Kind icon={icon} message={message} mine={mine} words={lineOf(message)} />;
  const body =
    parts === undefined ? (
      <FileSpace type={message.type} file={message.file} album={album !== undefined} />
    ) : album !== undefined ? (
      <parts.AlbumBody album={album} />
    ) : (
      <parts.FileBody message={message} meta={caption ? null : meta} />
    );
  return (
    <>
      {first.replyTo && <Quote quoted={first.replyTo} onOpen={() => acts.showQuoted(first)} />}
      {body}
      {caption && (
        <div
          className={cx("bubble__body bubble__caption", space(mine, caption.edited))}
          dir={directionOf(caption.content)}
        >
          <BubbleText id={caption.id} text={caption.content} mentions={mentions} mine={mine} onMention={acts.person} />
          {meta}
        </div>
      )}
      {!caption && isPictureType(message.type) && <span className="bubble__over">{meta}</span>}
    </>
  );
}

function Text({ message, mine }: { message: Message; mine: boolean }) {
  const acts = useActs();
  const { trusted } = useView();
  const mentions = useMentions(message);
  const { content, replyTo, linkPreview } = message;
  const card = trusted ? linkPreview : undefined;
  return (
    <>
      {replyTo && <Quote quoted={replyTo} onOpen={() => acts.showQuoted(message)} />}
      <div
        className={cx("bubble__body", space(mine, message.edited), card && "bubble__body--below")}
        dir={directionOf(content)}
      >
        <BubbleText id={message.id} text={content} mentions={mentions} mine={mine} onMention={acts.person} />
        {card && <LinkCard preview={card} />}
        <Meta message={message} mine={mine} />
      </div>
    </>
  );
}

/** What is no text yet, or no more: an icon and words. */
function Kind({
  icon: Icon,
  words,
  message,
  mine,
}: {
  icon: LucideIcon;
  words: string;
  message: Message;
  mine: boolean;
}) {
  return (
    <div className={cx("bubble__body", space(mine && !message.unsent, message.edited))} dir={directionOf(words)}>
      <p className="bubble__kind">
        <Icon />
        {words}
      </p>
      <Meta message={message} mine={mine && !message.unsent} />
    </div>
  );
}

function Meta({ message, mine }: { message: Message; mine: boolean }) {
  const acts = useActs();
  const marks = useContext(MarksContext);
  const tick = mine ? tickOf(message, marks) : undefined;
  const edited = message.edited === true && !message.unsent;
  return (
    <BubbleMeta
      at={message.createdAt}
      tick={tick}
      edited={edited}
      onEdited={edited ? () => acts.details(message) : undefined}
    />
  );
}

/** How much room the last line leaves for time and ticks. */
function space(mine: boolean, edited: boolean | undefined): string {
  return cx(mine && "bubble__body--ticks", edited && "bubble__body--edited");
}
