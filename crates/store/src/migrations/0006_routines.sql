-- Routines that run: what of an admission is taken, what is due of whom, and how much each worker has. There is none
-- in a journal older than this.
CREATE TABLE routine_row (
  case_id INTEGER NOT NULL,
  task TEXT NOT NULL,
  place TEXT,
  unit TEXT NOT NULL,
  person TEXT,
  admission INTEGER,
  weekly INTEGER NOT NULL,
  visit INTEGER NOT NULL,
  round INTEGER NOT NULL,
  mode TEXT,
  rests INTEGER NOT NULL,
  due_at INTEGER,
  PRIMARY KEY (case_id)
) WITHOUT ROWID;
CREATE INDEX routine_by_admission ON routine_row (admission, unit, weekly) WHERE admission IS NOT NULL;
CREATE INDEX routine_by_due ON routine_row (due_at, case_id);
