import { chats } from "./chats.ts";
import { common } from "./common.ts";
import { conversation } from "./conversation.ts";
import { errors } from "./errors.ts";
import { groups } from "./groups.ts";
import { people } from "./people.ts";
import { settings } from "./settings.ts";

/** What is said in many places. ../auth.ts and ../developer.ts add to it. */
export const en = { chats, common, conversation, errors, groups, people, settings };
