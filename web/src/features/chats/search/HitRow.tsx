import { Link } from "wouter";
import type { FoundMessage } from "../../../api/types.ts";
import { t } from "../../../text/index.ts";
import { Avatar } from "../../../ui/Avatar.tsx";
import { cx } from "../../../ui/cx.ts";
import { Time } from "../../../ui/Time.tsx";
import type { ChatData } from "../data.ts";
import { shortName } from "../line.ts";
import { type Face, faceOf } from "../view.ts";
import { snippetParts } from "./snippet.ts";

interface HitRowProps {
  hit: FoundMessage;
  data: ChatData;
  /** Whether it was gone to, and its conversation is open still. */
  open: boolean;
  tabIndex: 0 | -1;
  onOpen: () => void;
}

/** A message that was found; it leads to its place in the conversation. */
export function HitRow({ hit, data, open, tabIndex, onOpen }: HitRowProps) {
  const { face, group } = faceOfHit(hit, data);
  const who = whoOf(hit, data.me, group);
  return (
    <Link
      href={`/c/${hit.conversationId}#seq=${hit.seq}`}
      onClick={onOpen}
      tabIndex={tabIndex}
      className={cx("chat-row", open && "chat-row--open")}
      aria-current={open ? "true" : undefined}
    >
      <Avatar size={46} id={face.id} name={face.name} src={face.src} kind={face.kind} />
      <span className="chat-row__words">
        <span className="visually-hidden">{`${face.name}, `}</span>
        <span className="chat-row__name" aria-hidden="true">
          <bdi className="chat-row__title">{face.name}</bdi>
        </span>
        <span className="chat-row__line">
          <span className="chat-row__text" dir="auto">
            {who !== undefined && (
              <>
                <bdi className="chat-row__who">{who}</bdi>{" "}
              </>
            )}
            <Snippet snippet={hit.snippet} />
          </span>
        </span>
      </span>
      <span className="chat-row__end">
        <Time at={hit.createdAt} style="list" />
        <span className="chat-row__marks" />
      </span>
    </Link>
  );
}

function Snippet({ snippet }: { snippet: string }) {
  let place = 0;
  return snippetParts(snippet).map(({ text, hit }) => {
    place += text.length;
    return hit ? <mark key={place}>{text}</mark> : <span key={place}>{text}</span>;
  });
}

/** The chat that it is in; where it is not here yet, whoever wrote it. */
function faceOfHit({ conversationId, sender }: FoundMessage, data: ChatData): { face: Face; group: boolean } {
  const conversation = data.conversations.find((each) => each.id === conversationId);
  if (conversation) return { face: faceOf({ conversation }, data), group: conversation.kind === "group" };
  const { id, displayName, profileImage } = sender;
  const face: Face = {
    id,
    kind: "person",
    name: displayName,
    presence: null,
    ...(profileImage && { src: profileImage }),
  };
  return { face, group: false };
}

function whoOf({ sender }: FoundMessage, me: string, group: boolean): string | undefined {
  if (sender.id === me) return t.chats.you;
  return group ? t.chats.by(shortName(sender.displayName)) : undefined;
}
