/** What is said in a conversation: its header, its timeline, its bubbles and its composer. */
export const conversation = {
  // Header
  typing: "typing…",
  recording: "recording…",
  members: (count: number) => (count === 1 ? "1 member" : `${count} members`),
  searchHere: "Search in conversation",
  details: "Details",
  backToChats: "Back to chats",
  menu: "More",
  hit: (at: number, of: number) => `${at} of ${of}`,
  noHit: "Nothing found",
  hitBefore: "Older hit",
  hitAfter: "Newer hit",
  closeSearch: "Close search",

  // What one does with a conversation
  block: (name: string) => `Block ${name}`,
  unblock: "Unblock",
  blockTitle: (name: string) => `Block ${name}?`,
  blockText: (name: string) => `${name} can't write to you or see when you are online. ${name} is not told.`,
  blockVerb: "Block",

  // Timeline
  messages: "Messages",
  new: (count: string) => `${count} new`,
  jumpToLatest: "Jump to latest",
  jumpToLatestWith: (count: string) => `Jump to latest, ${count} new`,
  isTyping: (name: string) => `${name} is typing`,
  isRecording: (name: string) => `${name} is recording`,
  sayHello: (name: string) => `Say hello to ${name}`,
  friendsSince: (when: string) => `You are friends since ${when}.`,
  notLoaded: "Messages come when the connection is back.",

  // Bubbles
  sending: "Sending",
  notSent: "Not sent",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  edited: "edited",
  showEdits: "Edited. Show the former texts",
  unsentBy: (name: string) => `${name} unsent a message`,
  unsentByYou: "You unsent a message",
  messageUnsent: "Message unsent",
  messageCleared: "Deleted from this chat",
  copyCode: "Copy code",
  photo: "Photo",
  video: "Video",
  voiceNote: "Voice note",
  file: "File",
  reactedBy: (emoji: string, names: string) => `${emoji}: ${names}`,
  reaction: (emoji: string, count: number) => `${emoji} ${count}`,
  message: (name: string, text: string, time: string, state: string) =>
    state === "" ? `${name}: ${text}, ${time}` : `${name}: ${text}, ${time}, ${state}`,
  notSentBecause: (reason: string) => `Not sent. ${reason}`,
  noAnswer: "The server did not answer.",

  // Actions
  actions: "Actions",
  react: "React",
  reactWith: (emoji: string) => `React with ${emoji}`,
  moreReactions: "More reactions",
  reply: "Reply",
  copyText: "Copy text",
  edit: "Edit",
  openLink: "Open link",
  showQuoted: "Show quoted message",
  showPerson: (username: string) => `Show @${username}`,
  unsend: "Unsend",
  unsendTitle: "Unsend this message?",
  unsendText: "It disappears for everyone. A short note stays in its place.",

  // Details of a message
  writtenAt: "Written",
  editedAt: "Edited",
  state: "State",
  formerTexts: "Former texts",
  reactions: "Reactions",

  // Composer
  placeholder: "Message",
  messageTo: (name: string) => `Message to ${name}`,
  emoji: "Emoji",
  send: "Send",
  saveEdit: "Save",
  editMessage: "Edit message",
  cancelEdit: "Cancel edit",
  cancelReply: "Cancel reply",
  people: "People",
  left: (count: string) => `${count} characters left`,
  over: (count: string, limit: string) => `${count} characters over the limit of ${limit}`,
  offline: "Offline. Messages wait and are sent in order.",
  cannotSend: "You can't send messages to this person.",
  youBlocked: (name: string) => `You blocked ${name}. Unblock to write.`,
  waiting: (name: string, left: number, of: number) => `Waiting for ${name} to accept. ${left} of ${of} messages left.`,
  declined: (name: string, days: number) =>
    days === 1
      ? `${name} did not accept. You can ask again tomorrow.`
      : `${name} did not accept. You can ask again in ${days} days.`,

  // Message request
  wantsToWrite: (name: string) => `${name} wants to message you`,
  joined: (when: string) => `joined ${when}`,
  cannotSeeRead: (name: string) => `${name} can't see whether you have read this.`,
  accept: "Accept",
  decline: "Decline",

  // System entries
  renamed: (who: string, title: string) => `${who} changed the name to ${title}`,
  joinedGroup: (who: string) => `${who} joined`,
  leftGroup: (who: string) => `${who} left`,
  removedFromGroup: (who: string, whom: string) => `${who} removed ${whom}`,
  madeAdmin: (who: string, whom: string) => `${who} made ${whom} an admin`,
  somethingChanged: (who: string) => `${who} changed something here`,
};
