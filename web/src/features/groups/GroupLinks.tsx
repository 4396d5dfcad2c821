import { Copy, Link2Off, Plus } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { ApiError } from "../../api/errors.ts";
import type { GroupLink } from "../../api/types.ts";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/groups.ts";
import { locale } from "../../text/index.ts";
import { confirm } from "../../ui/confirm.tsx";
import { copyText } from "../../ui/copy.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { told } from "./groupActs.ts";
import "./GroupLinks.css";
import { numberText } from "../../ui/number.ts";
import { LinkDialog } from "./LinkDialog.tsx";

/** The links that let people into a group: made, copied, revoked. */
export function GroupLinks({ groupId }: { groupId: string }) {
  const { links, refresh, revoke } = useLinks(groupId);
  const [making, setMaking] = useState(false);
  if (links === undefined) return null;
  return (
    <section className="group-block" aria-label={t.groups.links}>
      <header className="group-block__head">
        <h4 className="group-block__title">{t.groups.links}</h4>
        <IconButton size="sm" icon={Plus} label={t.groups.newLink} onClick={() => setMaking(true)} />
      </header>
      {links.length === 0 && <p className="group-block__text">{t.groups.noLinks}</p>}
      <ul>
        {links.map((link) => (
          <li key={link.id} className="group-link">
            <span className="group-link__words">
              <bdi dir="ltr" className="group-link__url ellipsis">
                {link.url.replace(/^https?:\/\//, "")}
              </bdi>
              <span className="group-link__text">{goodFor(link)}</span>
            </span>
            <IconButton size="sm" icon={Copy} label={t.groups.copyLink} onClick={() => void copyText(link.url)} />
            <IconButton size="sm" icon={Link2Off} label={t.groups.revokeLink} onClick={() => void revoke(link)} />
          </li>
        ))}
      </ul>
      <LinkDialog groupId={groupId} open={making} onOpenChange={setMaking} onMade={refresh} />
    </section>
  );
}

function useLinks(groupId: string) {
  const engine = useEngine();
  const [links, setLinks] = useState<readonly GroupLink[]>();
  const refresh = useCallback(async () => {
    // Refused when one may not any more: then they are not shown either.
    const answer = await engine.call("group.link_list", { id: groupId }).catch(() => undefined);
    setLinks(answer?.items);
  }, [engine, groupId]);
  useEffect(() => void refresh(), [refresh]);
  const revoke = async (link: GroupLink) => {
    const question = { title: t.groups.revokeLinkTitle, text: t.groups.revokeLinkText, verb: t.groups.revokeLinkVerb };
    if (!(await confirm({ ...question, danger: true }))) return;
    const call = engine.call("group.link_revoke", { id: groupId, linkId: link.id });
    // Somebody else has revoked it: it is gone, as was wanted.
    const done = call.catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.code !== "not_found") throw error;
    });
    await told(done);
    await refresh();
  };
  return { links, refresh, revoke };
}

const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

/** *For 5 more people, until 3 Dec 2026, 14:32* */
function goodFor({ uses, expiresAt }: GroupLink): string {
  const count = uses === undefined ? t.groups.usesAny : t.groups.usesLeft(uses, numberText(uses));
  return expiresAt === undefined
    ? t.groups.linkFor(count)
    : t.groups.linkForUntil(count, moment.format(new Date(expiresAt)));
}
