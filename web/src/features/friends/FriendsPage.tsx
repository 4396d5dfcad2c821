import { UserRoundPlus } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import Details from "../../app/Details.tsx";
import { openDetails, usePanes } from "../../app/panes.ts";
import { useMedia, WIDE } from "../../app/useMedia.ts";
import { t } from "../../text/people.ts";
import { Button } from "../../ui/Button.tsx";
import { SearchInput } from "../../ui/SearchInput.tsx";
import { Segments } from "../../ui/Segments.tsx";
import { Page } from "../profile/Page.tsx";
import { AddFriendDialog } from "./AddFriendDialog.tsx";
import "./FriendsPage.css";
import { FriendSections } from "./FriendSections.tsx";
import { type FriendTab, pathOfTab, tabOfPath } from "./tabs.ts";
import { useFriends } from "./useFriends.ts";

export default function FriendsPage() {
  const [path, navigate] = useLocation();
  const [query, setQuery] = useState("");
  const [adding, setAdding] = useState(false);
  const friends = useFriends(query.trim());
  const details = useDetails();
  const tab = tabOfPath(path);
  return (
    <div className={details.beside ? "friends friends--details" : "friends"}>
      <div className="friends__page">
        <Page
          title={t.people.title}
          wide
          actions={
            <Button kind="primary" icon={UserRoundPlus} onClick={() => setAdding(true)}>
              {t.people.addFriend}
            </Button>
          }
        >
          <div className="friends__bar">
            <Segments<FriendTab>
              label={t.people.show}
              value={tab}
              onChange={(next) => navigate(pathOfTab(next))}
              options={[
                { value: "friends", label: t.people.tabFriends },
                { value: "requests", label: t.people.tabRequests, count: friends?.incoming.length ?? 0 },
                { value: "blocked", label: t.people.tabBlocked },
              ]}
            />
            <div className="friends__search">
              <SearchInput value={query} onChange={setQuery} placeholder={t.people.searchPlaceholder} />
            </div>
          </div>
          <FriendSections
            tab={tab}
            friends={friends}
            query={query.trim()}
            open={details.userId}
            onOpen={details.show}
            onAdd={() => setAdding(true)}
          />
        </Page>
      </div>
      {details.userId !== undefined && <Details of={{ kind: "person", id: details.userId }} />}
      <AddFriendDialog open={adding} onOpenChange={setAdding} />
    </div>
  );
}

/** Whose details are shown: beside the list, or above it where there is no room. */
function useDetails() {
  const [shown, setShown] = useState<string>();
  const { details } = usePanes();
  const wide = useMedia(WIDE);
  const userId = details ? shown : undefined;
  const show = (id: string) => {
    setShown(id);
    openDetails();
  };
  return { userId, show, beside: wide && userId !== undefined };
}
