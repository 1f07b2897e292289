-- Operational tables: not rebuilt.
-- What somebody was promised to be told, each once; written in the transaction of its record, shown in boxes and
-- delivered from here. Neither unit, person nor system: the caller. The newest row is never trimmed, so that
-- positions never start over.
CREATE TABLE notice (
  position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, version INTEGER NOT NULL, place INTEGER NOT NULL,
  at INTEGER NOT NULL, kind TEXT NOT NULL, unit TEXT, person TEXT, system TEXT,
  thread INTEGER, clock INTEGER, due INTEGER,
  UNIQUE (stream, version, place));
CREATE INDEX notice_of_unit ON notice (unit, position) WHERE unit IS NOT NULL;
CREATE INDEX notice_of_person ON notice (person, position) WHERE person IS NOT NULL;
-- Who has read which.
CREATE TABLE notice_mark (
  person TEXT NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (person, position)) WITHOUT ROWID;
-- Where notices are delivered to. The secret follows from `salt` and the key of the folder; `position` is how far
-- everything is delivered. One that was taken back keeps its row, so that a name says for ever who made it.
CREATE TABLE subscription (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, salt BLOB NOT NULL, scope TEXT NOT NULL,
  made_at INTEGER NOT NULL, made_by TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  position INTEGER NOT NULL, failures INTEGER NOT NULL, failing_since INTEGER, next_try INTEGER NOT NULL,
  delivered INTEGER NOT NULL, failed INTEGER NOT NULL, ended_at INTEGER, ended_by TEXT);
CREATE UNIQUE INDEX subscription_named ON subscription (name) WHERE ended_at IS NULL;
-- An order of a system above is known again by its number there.
CREATE INDEX case_governed ON case_row (governed_by, external_id) WHERE governed_by IS NOT NULL;
