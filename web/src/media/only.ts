/** Something that is heard. */
export interface Sounding {
  pause(): void;
}

let sounding: Sounding | undefined;
let channel: BroadcastChannel | undefined;

/** One thing is heard at a time, in all tabs: what was heard before pauses. */
export function hear(what: Sounding): void {
  if (sounding !== what) sounding?.pause();
  sounding = what;
  channel ??= opened();
  channel.postMessage(null);
}

/** What is heard in this tab pauses. */
export function hush(): void {
  sounding?.pause();
}

function opened(): BroadcastChannel {
  const made = new BroadcastChannel("chatr:sound");
  made.onmessage = () => {
    sounding?.pause();
    sounding = undefined;
  };
  return made;
}
