import { UserRoundX } from "lucide-react";
import { transportLost } from "../../api/errors.ts";
import { t } from "../../text/people.ts";
import { refusal } from "../../text/refusal.ts";
import { Empty } from "../../ui/Empty.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { GalleryRow } from "../gallery/GalleryRow.tsx";
import { ChatActs } from "./ChatActs.tsx";
import { PersonBlocks } from "./PersonBlocks.tsx";
import "./PersonDetails.css";
import { PersonFacts } from "./PersonFacts.tsx";
import { PersonHero } from "./PersonHero.tsx";
import { useFreshPerson, usePerson } from "./usePerson.ts";

/** Somebody, what they show of themselves, and what one can do about them and the chat with them. */
export default function PersonDetails({ userId }: { userId: string }) {
  const known = usePerson(userId);
  const refused = useFreshPerson(userId);
  if (known === undefined) return null;
  if (known === null) {
    if (refused === undefined) return <Skeleton rows={3} />;
    if (refused === "not_found") return <Empty icon={UserRoundX} title={t.people.gone} text={t.people.goneText} />;
    return <Empty icon={UserRoundX} title={t.people.notLoaded} text={refusal(transportLost())} />;
  }
  return (
    <div className="person-details">
      <PersonHero {...known} />
      <ChatActs {...known} />
      <PersonFacts person={known.person} />
      {known.conversation?.request === 0 && <GalleryRow conversationId={known.conversation.id} />}
      <PersonBlocks {...known} />
    </div>
  );
}
