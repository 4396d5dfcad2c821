import type { Config } from "dompurify";

type Policy = NonNullable<Config["TRUSTED_TYPES_POLICY"]>;

interface Factory {
  createPolicy(name: string, rules: { createHTML(html: string): string; createScriptURL(url: string): string }): Policy;
}

const { trustedTypes } = globalThis as { trustedTypes?: Factory };

/** The only script that is not in the page itself. */
const WORKER = "/sw.js";

/**
 * The one policy that the Content-Security-Policy names (`trusted-types dompurify`), in browsers that have them. HTML
 * passes as it is, because only the sanitiser is given the policy; of scripts the service worker.
 */
export const policy: Policy | undefined = trustedTypes?.createPolicy("dompurify", {
  createHTML: (html) => html,
  createScriptURL: (url) => {
    if (url !== WORKER) throw new TypeError(`no script is loaded from ${url}`);
    return url;
  },
});

/** The address of the service worker, as `register` takes it: the browser's own type where it insists on it. */
export function workerUrl(): string {
  const trusted: unknown = policy?.createScriptURL(WORKER) ?? WORKER;
  return trusted as string;
}
