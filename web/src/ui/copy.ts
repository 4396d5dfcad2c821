import { t } from "../text/index.ts";
import { toast } from "./toast.tsx";

/** Copy the contents of a code block or a text, and say so. */
export async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  toast(t.common.copied);
}
