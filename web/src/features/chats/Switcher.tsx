import { useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { NARROW } from "../../app/useMedia.ts";
import { t } from "../../text/index.ts";
import { Keys } from "../../ui/Keys.tsx";
import { useChatData } from "./data.ts";
import { PickBox, type PickGroup } from "./pick/PickBox.tsx";
import { PickClose, PickDialog, usePicked } from "./pick/PickDialog.tsx";
import { isChatPath } from "./place.ts";
import { useListState, useOwnState } from "./state.ts";
import "./Switcher.css";
import { chatPicks, commandPicks, personPicks } from "./switching.ts";

interface SwitcherProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Ctrl+K: to a chat, a person or a command by a few letters. */
export default function Switcher({ open, onOpenChange }: SwitcherProps) {
  const { picked, returns } = usePicked(open);
  const finish = () => {
    picked();
    onOpenChange(false);
  };
  return (
    <PickDialog title={t.chats.switcher} open={open} onOpenChange={onOpenChange} returns={returns}>
      <SwitcherBox onDone={finish} />
    </PickDialog>
  );
}

function SwitcherBox({ onDone }: { onDone: () => void }) {
  useOwnState();
  const data = useChatData();
  const [query, setQuery] = useState("");
  const go = useGo(onDone);
  const groups = useMemo((): PickGroup[] => {
    const words = query.trim();
    const known = data
      ? [
          { title: t.chats.tabChats, picks: chatPicks(words, data, go.to) },
          { title: t.chats.people, picks: personPicks(words, data, go.to) },
        ]
      : [];
    return [...known, { title: t.chats.commands, picks: commandPicks(words, go) }];
  }, [data, query, go]);
  return (
    <>
      <PickBox
        label={t.chats.switcher}
        placeholder={t.chats.switcherPlaceholder}
        query={query}
        onQuery={setQuery}
        groups={groups}
        trailing={<PickClose />}
      />
      <footer className="switcher__foot" aria-hidden="true">
        <span>
          <Keys keys="up" /> <Keys keys="down" /> {t.chats.keyChoose}
        </span>
        <span>
          <Keys keys="enter" /> {t.chats.keyOpen}
        </span>
        <span>
          <Keys keys="?" /> {t.chats.keyShortcuts}
        </span>
      </footer>
    </>
  );
}

/** What picking does; each closes the switcher. */
function useGo(onDone: () => void) {
  const [path, navigate] = useLocation();
  const { search, startChat } = useListState();
  const done = useRef(onDone);
  done.current = onDone;
  return useMemo(() => {
    const to = (next: string) => {
      done.current();
      navigate(next);
    };
    /** Where the list is on the screen: beside a conversation only on a wide one. */
    const toList = () => {
      const beside = isChatPath(path) && !matchMedia(NARROW).matches;
      if (beside) done.current();
      else to("/");
    };
    return {
      to,
      searchFor: (words: string) => {
        toList();
        search(words);
      },
      startWith: (words: string) => {
        toList();
        startChat(words);
      },
    };
  }, [path, navigate, search, startChat]);
}
