-- For whom alone a case is, and what it took: minutes, trips, forms, and how often another unit was given it. A
-- rebuild writes the last four for cases older than this.
ALTER TABLE case_row ADD COLUMN restricted_to TEXT;
ALTER TABLE case_row ADD COLUMN minutes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_row ADD COLUMN trips INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_row ADD COLUMN forms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_row ADD COLUMN transfers INTEGER NOT NULL DEFAULT 0;
