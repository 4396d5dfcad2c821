import { useLocation } from "wouter";
import type { User } from "../../api/types.ts";
import { t } from "../../text/index.ts";
import type { ChatData } from "./data.ts";
import { pathOfPerson } from "./people.ts";
import { PeopleBox } from "./pick/PeopleBox.tsx";
import { PickClose, PickDialog, usePicked } from "./pick/PickDialog.tsx";
import { useListState } from "./state.ts";

/** Whom to write to. */
export default function NewChatDialog() {
  const { newChat, closeNewChat } = useListState();
  const [, navigate] = useLocation();
  const { picked, returns } = usePicked(newChat.open);
  const change = (open: boolean) => open || closeNewChat();
  const write = ({ id }: User, { conversations }: ChatData) => {
    picked();
    closeNewChat();
    navigate(pathOfPerson(id, conversations));
  };
  return (
    <PickDialog title={t.chats.newChat} open={newChat.open} onOpenChange={change} returns={returns}>
      <PeopleBox label={t.chats.newChat} first={newChat.query} onPick={write} trailing={<PickClose />} />
    </PickDialog>
  );
}
