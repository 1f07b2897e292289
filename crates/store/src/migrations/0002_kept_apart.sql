-- The unit a case is about, so that lists can keep the case from it. Read once out of the records of cases
-- that were reported here; a rebuild writes the same.
ALTER TABLE case_row ADD COLUMN about TEXT;
UPDATE case_row SET about = (
  SELECT json_extract(text, '$.events[0].reported.about')
  FROM (SELECT CAST(payload AS TEXT) AS text FROM journal WHERE stream = case_row.case_id AND version = 1)
  WHERE json_valid(text))
WHERE system IS NULL;

-- Operational tables: not rebuilt.
-- Counts of one day per sender, so that a restart does not start the day anew. `who` is a keyed hash.
CREATE TABLE day_count (
  day TEXT NOT NULL, kind TEXT NOT NULL, who BLOB NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (day, kind, who)) WITHOUT ROWID;
-- Who made and took back tokens. Chained, so that no row is hidden later.
CREATE TABLE account_deed (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, post TEXT, deed TEXT NOT NULL,
  person TEXT NOT NULL, tokens INTEGER NOT NULL, label TEXT NOT NULL, expires_at INTEGER,
  previous BLOB NOT NULL, hash BLOB NOT NULL);
