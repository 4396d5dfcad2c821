import { lazy, Suspense } from "react";
import { create } from "zustand";

const ConfirmDialog = lazy(() => import("./ConfirmDialog.tsx"));

export interface Question {
  title: string;
  text: string;
  /** What the button does, as "Unsend". */
  verb: string;
  danger?: boolean;
}

export interface Asked extends Question {
  answer: (yes: boolean) => void;
}

/** What is asked, for {@link ConfirmHost}. */
export const useAsked = create<{ open: boolean; asked: Asked | null }>(() => ({ open: false, asked: null }));

/** Ask before something that cannot be undone. A second question answers the first with no. */
export function confirm(question: Question): Promise<boolean> {
  useAsked.getState().asked?.answer(false);
  return new Promise((answer) => useAsked.setState({ open: true, asked: { ...question, answer } }));
}

/** Where the questions appear. Once in the application; what they look like comes with the first. */
export function ConfirmHost() {
  const asked = useAsked(({ asked }) => asked !== null);
  return <Suspense>{asked && <ConfirmDialog />}</Suspense>;
}
