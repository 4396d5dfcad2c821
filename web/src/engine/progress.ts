import { create } from "zustand";

/** How much of a file is at the server, in bytes. */
export interface Progress {
  sent: number;
  total: number;
}

/** Of each file that is on its way up, by the `clientId` of its message. In memory: it would be a write each moment. */
const useAll = create<Readonly<Record<string, Progress>>>(() => ({}));

/** How far the file of a message is; undefined: it has not begun, or is there. */
export function useProgress(clientId: string): Progress | undefined {
  return useAll((all) => all[clientId]);
}

/** Note how far it is; undefined: it is on its way no more. */
export function noteProgress(clientId: string, progress: Progress | undefined): void {
  useAll.setState(
    ({ [clientId]: _before, ...others }) => (progress ? { ...others, [clientId]: progress } : others),
    true,
  );
}
