/** What a refusal is told as. */
export const errors = {
  invalid: "Something in this form is not right.",
  unauthenticated: "E-mail, username or password is not right.",
  forbidden: "You can't do this here.",
  not_found: "This is no longer here.",
  conflict: "Someone changed this a moment ago. Look again, then save.",
  gone: "This message was unsent.",
  too_large: "This is too large.",
  file_too_large: (size: string, limit: string) => `That file is ${size}. The limit is ${limit}.`,
  no_room_for_files: "All room for your files is used. Take back some that you have sent.",
  unsupported_media: "This kind of file can’t be sent. Put it in a zip.",
  rate_limited: (seconds: number) =>
    `Too fast. Try again in ${seconds > 90 ? `${Math.ceil(seconds / 60)} min` : `${seconds} s`}.`,
  blocked: "You can't send messages to this person.",
  code_wrong: "That code is not right. Check the newest mail, or get a new code.",
  code_expired: "That code is too old. Get a new one.",
  locked: (minutes: number) => `Too many tries. Wait ${minutes} min, or reset your password.`,
  server: "The server has a problem. Try again in a moment.",
  transport_lost: "The server does not answer. Check your connection.",
};
