import { chats } from "./chats.ts";
import { common } from "./common.ts";
import { conversation } from "./conversation.ts";
import { errors } from "./errors.ts";
import { people } from "./people.ts";

/** What is said in many places. ../auth.ts, ../developer.ts, ../groups.ts and ../settings.ts add to it. */
export const en = { chats, common, conversation, errors, people };
