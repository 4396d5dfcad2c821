/** A message of WAMP: its type, and what that type has. */
export type WampMessage = [type: number, ...rest: unknown[]];

/** How messages are written on the wire. */
export interface Serializer {
  readonly subprotocol: string;
  encode(message: WampMessage): string | ArrayBuffer;
  /** Raises what is no message. */
  decode(data: string | ArrayBuffer): WampMessage;
}

export const json: Serializer = {
  subprotocol: "wamp.2.json",
  encode: (message) => JSON.stringify(message),
  decode(data) {
    const message: unknown = JSON.parse(typeof data === "string" ? data : new TextDecoder().decode(data));
    if (!Array.isArray(message) || typeof message[0] !== "number") throw new Error("no WAMP message");
    return message as WampMessage;
  },
};
