import type { File } from "../api/types.ts";
import type { Engine } from "../engine/engine.ts";
import { refusal } from "../text/refusal.ts";
import { toast } from "../ui/toast.tsx";
import { filesOf } from "./files.ts";

/** Have the browser save a file, by a link that opens. */
export async function download(engine: Engine, given: File): Promise<void> {
  try {
    const file = await filesOf(engine).opening(given);
    const link = document.createElement("a");
    link.href = file.url;
    link.download = file.name;
    link.click();
  } catch (error) {
    toast(refusal(error));
  }
}
