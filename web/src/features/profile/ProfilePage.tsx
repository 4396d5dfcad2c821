import type { Me } from "../../api/types.ts";
import { t } from "../../text/people.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { Card } from "../../ui/Card.tsx";
import { useNow } from "../../ui/useNow.ts";
import { AddressRow } from "./AddressRow.tsx";
import { EditForm } from "./EditForm.tsx";
import { EditableRow, FactRow } from "./FactRow.tsx";
import { GenderRow } from "./GenderRow.tsx";
import { LevelMenu } from "./LevelMenu.tsx";
import { Section } from "./Page.tsx";
import { fullNameOf, nameOf } from "./person.ts";
import { Cover } from "./pictures/Cover.tsx";
import { PictureMenu } from "./pictures/PictureMenu.tsx";
import { monthText } from "./presence.ts";
import "./ProfilePage.css";
import type { PrivateFact } from "./privacy.ts";
import { Username } from "./Username.tsx";
import { useMe } from "./useMe.ts";
import { type PrivacyChoices, usePrivacy } from "./usePrivacy.ts";

/** Oneself, as others may see it. */
export default function ProfilePage() {
  const me = useMe();
  const choices = usePrivacy();
  if (me === undefined || choices === undefined) return null;
  return (
    <div className="page profile">
      <Head me={me} />
      <Section title={t.people.about}>
        <Card>
          <Names me={me} choices={choices} />
          <AddressRow
            name={t.people.email}
            value={me.email}
            confirmed={me.emailVerified}
            level={level(choices, "email", t.people.email)}
          />
          <AddressRow
            name={t.people.phone}
            value={me.phoneNumber}
            confirmed={me.phoneVerified}
            level={level(choices, "phone", t.people.phone)}
          />
          <GenderRow gender={me.gender ?? ""} level={level(choices, "gender", t.people.gender)} />
          <Joined me={me} choices={choices} />
        </Card>
      </Section>
    </div>
  );
}

function Head({ me }: { me: Me }) {
  const name = nameOf(me);
  const now = useNow();
  const joined = me.createdAt && t.people.joinedIn(monthText(me.createdAt, now, true));
  return (
    <header className="profile__head">
      <Cover src={me.coverImage}>
        <PictureMenu look="words" of={[{ place: { kind: "cover" }, has: me.coverImage !== undefined }]} />
      </Cover>
      <div className="profile__face">
        <Avatar id={me.id} name={name} src={me.profileImage} size={104} />
        <PictureMenu look="round" of={[{ place: { kind: "face" }, has: me.profileImage !== undefined }]} />
      </div>
      <div className="profile__words">
        <h1 className="page__title">
          <bdi>{name}</bdi>
        </h1>
        <p>
          <Username username={me.username} also={joined} />
        </p>
      </div>
    </header>
  );
}

interface PartProps {
  me: Me;
  choices: PrivacyChoices;
}

function Names({ me, choices }: PartProps) {
  const { displayName, firstName = "", lastName = "" } = me;
  return (
    <>
      <EditableRow
        name={t.people.displayName}
        value={nameOf(me)}
        form={(done) => (
          <EditForm
            fields={[{ key: "displayName", label: t.people.displayName, value: displayName }]}
            hint={t.people.displayNameHint}
            onDone={done}
          />
        )}
      />
      <EditableRow
        name={t.people.fullName}
        value={fullNameOf(me)}
        chips={fullNameOf(me) === "" ? undefined : level(choices, "fullName", t.people.fullName)}
        form={(done) => (
          <EditForm
            fields={[
              { key: "firstName", label: t.people.firstName, value: firstName },
              { key: "lastName", label: t.people.lastName, value: lastName },
            ]}
            onDone={done}
          />
        )}
      />
    </>
  );
}

function Joined({ me, choices }: PartProps) {
  const now = useNow();
  if (me.createdAt === undefined) return null;
  const chips = level(choices, "joinedDate", t.people.joined);
  return <FactRow name={t.people.joined} value={monthText(me.createdAt, now, true)} chips={chips} />;
}

function level({ privacy, change }: PrivacyChoices, fact: PrivateFact, what: string) {
  return <LevelMenu kind="chip" what={what} value={privacy[fact]} onChange={(value) => change({ [fact]: value })} />;
}
