import { CircleUserRound, MessageCircle, UserRoundX } from "lucide-react";
import { useLocation } from "wouter";
import { transportLost } from "../../api/errors.ts";
import { openDetails } from "../../app/panes.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/people.ts";
import { refusal } from "../../text/refusal.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty } from "../../ui/Empty.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { PersonHero } from "./PersonHero.tsx";
import { useIsHere, useMessage } from "./useMessage.ts";
import { type Person, useFreshPerson, usePerson } from "./usePerson.ts";

interface PersonCardBodyProps {
  userId: string;
  /** `away`: another place has the focus now. */
  onGo: (away: boolean) => void;
}

/** Who somebody is, how one stands to them, and the way to more. */
export function PersonCardBody({ userId, onGo }: PersonCardBodyProps) {
  const known = usePerson(userId);
  const refused = useFreshPerson(userId);
  if (known === undefined) return null;
  if (known === null) {
    if (refused === undefined) return <Skeleton rows={1} />;
    if (refused === "not_found") return <Empty icon={UserRoundX} title={t.people.gone} text={t.people.goneText} />;
    return <Empty icon={UserRoundX} title={t.people.notLoaded} text={refusal(transportLost())} />;
  }
  return (
    <>
      <PersonHero person={known.person} presence={known.presence} size={60} />
      <Ways {...known} onGo={onGo} />
    </>
  );
}

function Ways({ person, conversation, onGo }: Person & Pick<PersonCardBodyProps, "onGo">) {
  const { userId: me } = useEngine();
  const [, navigate] = useLocation();
  const message = useMessage();
  const here = useIsHere(person.id, conversation);
  const write = () => {
    onGo(true);
    void message(person.id);
  };
  const show = async () => {
    onGo(!here);
    if (!here) await message(person.id);
    openDetails();
  };
  if (person.id === me) {
    const toProfile = () => {
      onGo(true);
      navigate("/profile");
    };
    return (
      <div className="person-card__ways">
        <Button icon={CircleUserRound} onClick={toProfile}>
          {t.common.yourProfile}
        </Button>
      </div>
    );
  }
  return (
    <div className="person-card__ways">
      {!here && (
        <Button icon={MessageCircle} onClick={write}>
          {t.people.message}
        </Button>
      )}
      <Button icon={CircleUserRound} onClick={() => void show()}>
        {t.people.showDetails}
      </Button>
    </div>
  );
}
