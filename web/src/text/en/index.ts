import { chats } from "./chats.ts";
import { common } from "./common.ts";
import { conversation } from "./conversation.ts";
import { errors } from "./errors.ts";

/** What is said in many places. ../auth.ts, ../developer.ts, ../groups.ts, ../people.ts and ../settings.ts add to it. */
export const en = { chats, common, conversation, errors };
