-- Which units a case came to, what was blown, passed down, urged and put on notice: counters that figures read. A
-- rebuild writes them for cases older than this.
ALTER TABLE case_row ADD COLUMN came_to TEXT;
ALTER TABLE case_row ADD COLUMN whistles INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_row ADD COLUMN passed_down INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_row ADD COLUMN urged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_row ADD COLUMN on_notice INTEGER NOT NULL DEFAULT 0;
