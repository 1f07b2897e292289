-- Whose word a thread waits for that its holder says is done: a line of their inbox, not of the holder's. A rebuild
-- writes it for threads older than this.
ALTER TABLE thread_row ADD COLUMN awaited_unit TEXT;
ALTER TABLE thread_row ADD COLUMN awaited_person TEXT;
