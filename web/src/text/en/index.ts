import { auth } from "./auth.ts";
import { chats } from "./chats.ts";
import { common } from "./common.ts";
import { conversation } from "./conversation.ts";
import { developer } from "./developer.ts";
import { errors } from "./errors.ts";
import { people } from "./people.ts";
import { settings } from "./settings.ts";

export const en = { auth, chats, common, conversation, developer, errors, people, settings };
