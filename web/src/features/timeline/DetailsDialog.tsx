import { useEffect, useState } from "react";
import type { FormerText, Message } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/index.ts";
import { refusal } from "../../text/refusal.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Time } from "../../ui/Time.tsx";
import { wordOf } from "./BubbleMeta.tsx";
import { useView } from "./context.ts";
import { PersonRows } from "./PersonRows.tsx";
import { Readers } from "./Readers.tsx";
import type { Tick } from "./ticks.ts";
import "./DetailsDialog.css";

interface DetailsDialogProps {
  message: Message;
  /** How far it has come; left out for those of others. */
  tick: Tick | undefined;
  onClose: () => void;
}

/** When a message was written and changed, what it said before, who reacted, and in a group who has read it. */
export default function DetailsDialog({ message, tick, onClose }: DetailsDialogProps) {
  const { kind } = useView();
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={t.conversation.details}
      footer={<Button onClick={onClose}>{t.common.close}</Button>}
    >
      <dl className="message-details">
        <dt>{t.conversation.writtenAt}</dt>
        <dd>
          <Time at={message.createdAt} style="full" />
        </dd>
        {message.editedAt !== undefined && (
          <>
            <dt>{t.conversation.editedAt}</dt>
            <dd>
              <Time at={message.editedAt} style="full" />
            </dd>
          </>
        )}
        {tick !== undefined && (
          <>
            <dt>{t.conversation.state}</dt>
            <dd>{wordOf(tick)}</dd>
          </>
        )}
      </dl>
      {tick !== undefined && kind === "group" && (
        <Readers messageId={message.id} conversationId={message.conversationId} onGo={onClose} />
      )}
      {message.edited === true && <FormerTexts id={message.id} />}
      {message.reactions?.length ? <ReactionNames message={message} onGo={onClose} /> : null}
    </Dialog>
  );
}

interface ReactionNamesProps {
  message: Message;
  onGo: () => void;
}

function ReactionNames({ message, onGo }: ReactionNamesProps) {
  const people = (message.reactions ?? []).flatMap(({ emoji, users }) =>
    users.map((user) => ({ ...user, end: emoji })),
  );
  const more = (message.reactions ?? []).reduce((sum, { count, users }) => sum + count - users.length, 0);
  return (
    <section className="message-details__part">
      <h3>{t.conversation.reactions}</h3>
      <PersonRows people={people} onGo={onGo} />
      {more > 0 && <p>{t.conversation.moreReacted(more)}</p>}
    </section>
  );
}

function FormerTexts({ id }: { id: string }) {
  const { edits, more, error, load } = useEdits(id);
  return (
    <section className="message-details__part">
      <h3>{t.conversation.formerTexts}</h3>
      {error !== undefined && <p role="alert">{error}</p>}
      <ul>
        {edits.map((edit) => (
          <li key={edit.id} className="message-details__former">
            <s dir="auto">{edit.previousContent}</s>
            <Time at={edit.editedAt} style="list" />
          </li>
        ))}
      </ul>
      {more && (
        <Button size="sm" onClick={() => void load()}>
          {t.common.showMore}
        </Button>
      )}
    </section>
  );
}

/** The former texts of a message, page by page. */
function useEdits(id: string) {
  const engine = useEngine();
  const [edits, setEdits] = useState<readonly FormerText[]>([]);
  const [more, setMore] = useState(false);
  const [error, setError] = useState<string>();
  const page = async (after: string | null, signal?: AbortSignal) => {
    try {
      const answer = await engine.call("message.edits", { id, after }, signal);
      setEdits((before) => (after === null ? answer.edits : [...before, ...answer.edits]));
      setMore(answer.more === true);
      setError(undefined);
    } catch (reason) {
      if (signal?.aborted !== true) setError(refusal(reason));
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the first page is asked for once for a message.
  useEffect(() => {
    const control = new AbortController();
    void page(null, control.signal);
    return () => control.abort();
  }, [id]);
  return { edits, more, error, load: () => page(edits.at(-1)?.id ?? null) };
}
