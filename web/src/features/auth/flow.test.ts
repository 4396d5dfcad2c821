import { describe, expect, it } from "vitest";
import type { PendingAccount, SignInChallenge } from "../../api/types.ts";
import { type FlowEvent, mayDrop, needsPassword, next, otherMethods, type Pending, START, type Step } from "./flow.ts";

const mail: PendingAccount = { userId: "u", verification: "email", proof: "p1" };
const sms: PendingAccount = { userId: "u", verification: "sms", proof: "p2" };
const totp: SignInChallenge = { userId: "u", challenge: "c", methods: ["totp", "recovery_code"] };
const choice: SignInChallenge = { userId: "u", challenge: "c", methods: ["email", "sms"] };

function walk(...events: FlowEvent[]): Step {
  return events.reduce(next, START);
}

function pendingOf(step: Step): Pending {
  if (step.at !== "verify" && step.at !== "correct") throw new Error(step.at);
  return step.pending;
}

describe("signing in", () => {
  it("asks for the second step that the account offers first", () => {
    const step = walk({ is: "signingIn", answer: totp, given: { login: "@a", password: "x" } });
    if (step.at !== "challenge") throw new Error(step.at);
    expect(step.challenge.method).toBe("totp");
    expect(otherMethods(step.challenge)).toEqual(["recovery_code"]);
  });

  it("keeps the password only for switching between mail and SMS", () => {
    const given = { login: "@a", password: "x" };
    const app = walk({ is: "signingIn", answer: totp, given });
    const codes = walk({ is: "signingIn", answer: choice, given });
    expect(app.at === "challenge" && app.challenge.given).toEqual({});
    expect(codes.at === "challenge" && codes.challenge.given).toEqual(given);
  });

  it("takes another method, and goes back to the start", () => {
    const first: FlowEvent = { is: "signingIn", answer: totp, given: {} };
    const step = walk(first, { is: "method", method: "recovery_code" });
    expect(step.at === "challenge" && step.challenge.method).toBe("recovery_code");
    expect(next(step, { is: "back" })).toBe(START);
  });

  it("knows the address that waits when it was what one signed in with", () => {
    const by = (login: string) =>
      pendingOf(walk({ is: "signingIn", answer: mail, given: { login, password: "x" } })).addresses;
    expect(by("a@b.c").email).toBe("a@b.c");
    expect(by("@ada").email).toBeUndefined();
    expect(by("+49 151 1234567").sms).toBe("+49 151 1234567");
    expect(by("ada_99").sms).toBeUndefined();
  });
});

describe("verification", () => {
  const registered: FlowEvent = {
    is: "registered",
    answer: mail,
    given: { email: "a@b.c", phone: "+491", password: "x" },
  };

  it("goes from mail to phone", () => {
    const step = walk(registered, { is: "confirmed", answer: sms });
    const pending = pendingOf(step);
    expect(step.at).toBe("verify");
    expect(pending.via).toBe("sms");
    expect(pending.addresses.sms).toBe("+491");
    expect(mayDrop(pending)).toBe(true);
    // The code of the mail was the proof: the password comes with the change, and is known from the form.
    expect(pending.proved).toBe("code");
    expect(needsPassword(pending)).toBe(false);
  });

  it("asks for the password where it is not known any more", () => {
    const step = walk(
      { is: "signingIn", answer: mail, given: { login: "@ada" } },
      { is: "confirmed", answer: sms },
      { is: "mistyped" },
    );
    expect(step.at).toBe("correct");
    expect(needsPassword(pendingOf(step))).toBe(true);
  });

  it("does not drop the only address", () => {
    const step = walk({ is: "registered", answer: sms, given: { phone: "+491", password: "x" } });
    expect(mayDrop(pendingOf(step))).toBe(false);
  });

  it("changes a mistyped address by the proof of registering", () => {
    const step = walk(
      registered,
      { is: "mistyped" },
      { is: "corrected", answer: { ...mail, proof: "p9" }, to: { address: "a@c.d" } },
    );
    expect(step.at).toBe("verify");
    expect(pendingOf(step)).toMatchObject({ proof: "p9", proved: "password", addresses: { email: "a@c.d" } });
  });

  it("asks for the code that went to the confirmed address, for the same change", () => {
    const signedIn: FlowEvent = { is: "signingIn", answer: sms, given: { login: "@ada", password: "x" } };
    const asked = walk(
      signedIn,
      { is: "mistyped" },
      { is: "corrected", answer: { ...sms, verification: "email" }, to: { address: "+492" } },
    );
    expect(asked).toMatchObject({ at: "correct", asked: { via: "email", address: "+492" } });
    const changed = next(asked, {
      is: "corrected",
      answer: { ...sms, proof: "p9" },
      to: { address: "+492", code: "123456" },
    });
    expect(pendingOf(changed)).toMatchObject({ via: "sms", proof: "p9", proved: "code", addresses: { sms: "+492" } });
  });

  it("goes back from the change to the code, and from the code to the start", () => {
    const step = walk(registered, { is: "mistyped" }, { is: "back" });
    expect(step.at).toBe("verify");
    expect(next(step, { is: "back" })).toBe(START);
  });

  it("changes no address without a proof", () => {
    const { proof: _, ...without } = mail;
    const step = walk({ is: "registered", answer: without, given: { email: "a@b.c" } }, { is: "mistyped" });
    expect(step.at).toBe("verify");
  });

  it("leaves from everywhere", () => {
    expect(next(walk(registered, { is: "mistyped" }), { is: "leave" })).toBe(START);
  });

  it("ignores what does not belong to the step", () => {
    const events: FlowEvent[] = [
      { is: "confirmed", answer: sms },
      { is: "mistyped" },
      { is: "corrected", answer: sms, to: { address: null } },
      { is: "method", method: "totp" },
    ];
    for (const event of events) expect(next(START, event)).toBe(START);
  });
});
