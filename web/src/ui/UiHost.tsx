import { Direction, Tooltip } from "radix-ui";
import type { ReactNode } from "react";
import { ConfirmHost } from "./confirm.tsx";
import { Toaster } from "./toast.tsx";
import { useFocusMemory } from "./useFocusReturn.ts";

/** What the parts need once around the application: direction, tooltips, questions and toasts. */
export function UiHost({ children }: { children: ReactNode }) {
  useFocusMemory();
  return (
    <Direction.Provider dir={document.dir === "rtl" ? "rtl" : "ltr"}>
      <Tooltip.Provider delayDuration={500} skipDelayDuration={200} disableHoverableContent>
        {children}
        <ConfirmHost />
        <Toaster />
      </Tooltip.Provider>
    </Direction.Provider>
  );
}
