-- Cases that were mended at once by who found them 快速处置, and cases that were closed by force 强制结案. A rebuild
-- writes them for cases older than this.
ALTER TABLE case_row ADD COLUMN quick INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_row ADD COLUMN forced INTEGER NOT NULL DEFAULT 0;
