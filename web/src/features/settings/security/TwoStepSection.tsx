import { KeySquare, ShieldCheck } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { TwoFactorSetup } from "../../../api/types.ts";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/auth.ts";
import { Button } from "../../../ui/Button.tsx";
import { Card } from "../../../ui/Card.tsx";
import { Chip } from "../../../ui/Chip.tsx";
import { AuthNote } from "../../auth/AuthNote.tsx";
import { useAct } from "../../auth/useAct.ts";
import { Section } from "../../profile/Page.tsx";
import { useMe } from "../../profile/useMe.ts";
import { IconRow } from "./IconRow.tsx";
import { ProofDialog } from "./ProofDialog.tsx";
import { otherProblem, wantsPassword } from "./proof.ts";
import { RecoveryCodes } from "./RecoveryCodes.tsx";
import { TurnOffDialog } from "./TurnOffDialog.tsx";
import { TwoStepSetup } from "./TwoStepSetup.tsx";

/** What is being done to it. */
type Doing =
  | { is: "nothing" }
  | { is: "setup"; setup: TwoFactorSetup; password: string | undefined }
  | { is: "codes"; codes: readonly string[] };

export function TwoStepSection() {
  const me = useMe();
  const [doing, setDoing] = useState<Doing>({ is: "nothing" });
  const place = useFocusOnChange(doing.is);
  return (
    <Section title={t.auth.twoStep} text={t.auth.security.twoStepText}>
      <div ref={place} tabIndex={-1}>
        {doing.is === "codes" ? (
          <RecoveryCodes codes={doing.codes} onKept={() => setDoing({ is: "nothing" })} />
        ) : doing.is === "setup" ? (
          <TwoStepSetup
            setup={doing.setup}
            password={doing.password}
            onOn={(codes) => setDoing({ is: "codes", codes })}
            onCancel={() => setDoing({ is: "nothing" })}
          />
        ) : me?.twoFactorEnabled ? (
          <On onCodes={(codes) => setDoing({ is: "codes", codes })} />
        ) : (
          <Off onSetup={(setup, password) => setDoing({ is: "setup", setup, password })} />
        )}
      </div>
    </Section>
  );
}

/** Moves the focus to what takes the place of the button that was pressed. */
function useFocusOnChange(what: string) {
  const place = useRef<HTMLDivElement>(null);
  const before = useRef(what);
  useEffect(() => {
    if (before.current !== what) place.current?.focus({ preventScroll: true });
    before.current = what;
  }, [what]);
  return place;
}

function Off({ onSetup }: { onSetup: (setup: TwoFactorSetup, password: string | undefined) => void }) {
  const engine = useEngine();
  const [asked, setAsked] = useState(false);
  const act = useAct();
  const words = t.auth.security;
  const setUp = async (password?: string) => onSetup(await engine.call("two_factor.setup", { password }), password);
  const begin = () =>
    act.run(async () => {
      try {
        await setUp();
      } catch (error) {
        if (!wantsPassword(error)) throw error;
        setAsked(true);
      }
    });
  return (
    <>
      <Card>
        <IconRow
          icon={ShieldCheck}
          title={t.auth.twoStep}
          text={words.off}
          control={
            <Button size="sm" busy={act.busy} onClick={() => void begin()}>
              {words.setUp}
            </Button>
          }
        />
      </Card>
      {act.error !== undefined && <AuthNote kind="bad">{otherProblem(act.error)}</AuthNote>}
      {asked && (
        <ProofDialog
          title={t.auth.twoStep}
          text={words.proofText}
          verb={words.setUp}
          onClose={() => setAsked(false)}
          onProved={setUp}
        />
      )}
    </>
  );
}

function On({ onCodes }: { onCodes: (codes: readonly string[]) => void }) {
  const engine = useEngine();
  const [asked, setAsked] = useState<"off" | "codes">();
  const words = t.auth.security;
  const close = () => setAsked(undefined);
  return (
    <>
      <Card>
        <IconRow
          icon={ShieldCheck}
          title={
            <>
              {words.isOn} <Chip kind="good">{words.on}</Chip>
            </>
          }
          text={words.isOnText}
          control={
            <Button size="sm" onClick={() => setAsked("off")}>
              {words.turnOff}
            </Button>
          }
        />
        <IconRow
          icon={KeySquare}
          title={words.codes}
          text={words.codesText}
          control={
            <Button size="sm" onClick={() => setAsked("codes")}>
              {words.newCodes}
            </Button>
          }
        />
      </Card>
      {asked === "off" && <TurnOffDialog onClose={close} />}
      {asked === "codes" && (
        <ProofDialog
          title={words.newCodesTitle}
          text={words.codesText}
          verb={words.newCodesVerb}
          onClose={close}
          onProved={async (password) => {
            onCodes((await engine.call("two_factor.recovery_codes", { password })).recoveryCodes);
          }}
        />
      )}
    </>
  );
}
