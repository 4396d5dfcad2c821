-- The plan of a send is made once a connection, maybe while there is no conversation yet: then any index with user_high looks
-- as good as any other. By one of user_high alone it passes over all conversations of that person.
-- depends: 0010_system_entries

DROP INDEX conversations_high;
CREATE INDEX conversations_high ON conversations (user_high, user_low);
