import type { PendingAccount, SignInChallenge } from "../../api/types.ts";

export type Channel = PendingAccount["verification"];
export type Method = SignInChallenge["methods"][number];

/** What was typed before the server asked for more. It is forgotten with the step. */
export interface Given {
  login?: string;
  password?: string;
  email?: string;
  phone?: string;
}

/** An account that waits for a code. */
export interface Pending {
  userId: string;
  via: Channel;
  /** Lets a mistyped address be changed. */
  proof: string | undefined;
  /** What the proof stands for: after a code the password is asked for as well. */
  proved: "password" | "code";
  /** The addresses that are known here. */
  addresses: { [channel in Channel]?: string };
  password: string | undefined;
  /** The address that waits is the only one. */
  only: boolean;
}

export interface Challenge {
  userId: string;
  challenge: string;
  /** What the code is asked for as. */
  method: Method;
  methods: readonly Method[];
  given: Given;
}

/** Where somebody stands on the way in. The end of it is a session, which is no step. */
export type Step =
  | { at: "start" }
  | { at: "verify"; pending: Pending }
  | { at: "correct"; pending: Pending; asked: Asked | undefined }
  | { at: "challenge"; challenge: Challenge };

/** Where a code was sent that has to be given with a change of address, and what it is changed to. */
export interface Asked {
  via: Channel;
  address: string | null;
}

export type Answer = PendingAccount | SignInChallenge;

export type FlowEvent =
  | { is: "signingIn"; answer: Answer; given: Given }
  | { is: "registered"; answer: PendingAccount; given: Given }
  | { is: "confirmed"; answer: PendingAccount }
  | { is: "mistyped" }
  | { is: "corrected"; answer: Answer; to: Correction }
  | { is: "method"; method: Method }
  | { is: "back" }
  | { is: "leave" };

/** What an address was changed to; null drops it. */
export interface Correction {
  address: string | null;
  password?: string;
  code?: string;
}

export const START: Step = { at: "start" };

/** The step after something has happened. What does not belong to a step leaves it as it is. */
export function next(step: Step, event: FlowEvent): Step {
  switch (event.is) {
    case "signingIn":
      return isChallenge(event.answer)
        ? challenged(event.answer, event.given)
        : { at: "verify", pending: afterPassword(event.answer, event.given) };
    case "registered": {
      const { email, phone } = event.given;
      const pending = afterPassword(event.answer, event.given);
      return { at: "verify", pending: { ...pending, only: email === undefined || phone === undefined } };
    }
    case "confirmed":
      return step.at === "verify" ? { at: "verify", pending: afterCode(step.pending, event.answer) } : step;
    case "mistyped":
      return step.at === "verify" && step.pending.proof !== undefined
        ? { at: "correct", pending: step.pending, asked: undefined }
        : step;
    case "corrected":
      return step.at === "correct" ? corrected(step.pending, event.answer, event.to) : step;
    case "method":
      return step.at === "challenge"
        ? { at: "challenge", challenge: { ...step.challenge, method: event.method } }
        : step;
    case "back":
      return step.at === "correct" ? { at: "verify", pending: step.pending } : START;
    case "leave":
      return START;
  }
}

/** Whether the account can do without the address that waits. */
export function mayDrop({ via, only }: Pending): boolean {
  return via === "sms" && !only;
}

/** Whether a new address needs the password once more. */
export function needsPassword({ proved, password }: Pending): boolean {
  return proved === "code" && password === undefined;
}

/** Ways of the second step that can be taken instead. */
export function otherMethods({ method, methods }: Challenge): Method[] {
  return methods.filter((each) => each !== method);
}

function isChallenge(answer: Answer): answer is SignInChallenge {
  return "challenge" in answer;
}

function challenged({ userId, challenge, methods }: SignInChallenge, given: Given): Step {
  // Whoever switches between mail and SMS signs in again; nobody else needs the password any more.
  const again = methods.includes("email") && methods.includes("sms");
  const kept = again ? { login: given.login, password: given.password } : {};
  return {
    at: "challenge",
    challenge: { userId, challenge, methods, method: methods[0] ?? "email", given: kept },
  };
}

function afterPassword({ userId, verification, proof }: PendingAccount, given: Given): Pending {
  return {
    userId,
    via: verification,
    proof,
    proved: "password",
    addresses: { email: given.email ?? emailIn(given.login), sms: given.phone ?? phoneIn(given.login) },
    password: given.password,
    only: false,
  };
}

function afterCode(pending: Pending, { userId, verification, proof }: PendingAccount): Pending {
  return { ...pending, userId, via: verification, proof, proved: "code", only: false };
}

function corrected(pending: Pending, answer: Answer, to: Correction): Step {
  if (isChallenge(answer)) return challenged(answer, {});
  // The same proof again: a code went to the address that is confirmed, and nothing has changed yet.
  if (answer.proof !== undefined && answer.proof === pending.proof) {
    return { at: "correct", pending, asked: { via: answer.verification, address: to.address } };
  }
  return {
    at: "verify",
    pending: {
      ...pending,
      via: answer.verification,
      proof: answer.proof,
      // One address is confirmed if something was asked for.
      proved: to.password === undefined && to.code === undefined ? "password" : "code",
      addresses: { ...pending.addresses, [pending.via]: to.address ?? undefined },
    },
  };
}

function emailIn(login: string | undefined): string | undefined {
  return login !== undefined && login.indexOf("@") > 0 ? login : undefined;
}

function phoneIn(login: string | undefined): string | undefined {
  return login !== undefined && /^\+?[\d\s()/-]{5,}$/.test(login) ? login : undefined;
}
