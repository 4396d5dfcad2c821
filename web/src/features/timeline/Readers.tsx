import { t } from "../../text/index.ts";
import { Button } from "../../ui/Button.tsx";
import { PersonRows } from "./PersonRows.tsx";
import { useReaders } from "./useReaders.ts";

interface ReadersProps {
  messageId: string;
  conversationId: string;
  /** Somebody goes to a person from here. */
  onGo: () => void;
}

/** Whom a message in a group has reached: in numbers, and by name who has read it. */
export function Readers({ messageId, conversationId, onGo }: ReadersProps) {
  const { readers, error, more } = useReaders(messageId, conversationId);
  if (readers === undefined) {
    return error === undefined ? null : (
      <p className="message-details__part" role="alert">
        {error}
      </p>
    );
  }
  const { deliveredCount, readCount, others, people, hasMore } = readers;
  return (
    <section className="message-details__part">
      <h3>{t.conversation.whoHasRead}</h3>
      <p role="status">
        {readCount === undefined
          ? t.conversation.deliveredTo(deliveredCount, others)
          : t.conversation.readBy(readCount, deliveredCount, others)}
      </p>
      {readCount === undefined && <p className="message-details__note">{t.conversation.noReceipts}</p>}
      <PersonRows people={people} onGo={onGo} />
      {error !== undefined && <p role="alert">{error}</p>}
      {hasMore && (
        <Button size="sm" onClick={more}>
          {t.common.showMore}
        </Button>
      )}
    </section>
  );
}
