-- The journal. seq is the place within the shard named in `meta`; a file holds one shard.
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY, stream INTEGER NOT NULL, version INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE UNIQUE INDEX journal_stream ON journal (stream, version);
CREATE TABLE batch (
  batch_no INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL, root BLOB NOT NULL, previous BLOB NOT NULL, chain BLOB NOT NULL,
  algorithm INTEGER NOT NULL, schema INTEGER NOT NULL, leaves BLOB NOT NULL);
CREATE INDEX batch_seq ON batch (first_seq);
CREATE TABLE checkpoint (
  segment INTEGER PRIMARY KEY, first_batch INTEGER NOT NULL, last_batch INTEGER NOT NULL,
  first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, text BLOB NOT NULL);

-- Projections: rebuilt from the journal.
CREATE TABLE case_row (
  case_id INTEGER PRIMARY KEY, number TEXT, state TEXT NOT NULL, version INTEGER NOT NULL,
  last_seq INTEGER NOT NULL, channel TEXT NOT NULL, request_type TEXT, matter TEXT, place TEXT, lead_unit TEXT,
  procedure TEXT NOT NULL, urgency TEXT, confidentiality TEXT, merged_into INTEGER, governed_by TEXT, system TEXT,
  external_id TEXT, opened_at INTEGER NOT NULL, registered_at INTEGER, due_at INTEGER,
  due_provisional INTEGER NOT NULL, contact_due_at INTEGER, first_contact_at INTEGER, replied_at INTEGER, answered_at INTEGER,
  closed_at INTEGER, close_ground TEXT, solved INTEGER, satisfied INTEGER, rating INTEGER,
  reworks INTEGER NOT NULL, returns INTEGER NOT NULL, extensions INTEGER NOT NULL, overdue INTEGER NOT NULL,
  suspended INTEGER NOT NULL, excluded INTEGER NOT NULL, observed_status TEXT,
  day_only INTEGER NOT NULL, contradictions INTEGER NOT NULL, reached INTEGER);
CREATE UNIQUE INDEX case_number ON case_row (number) WHERE number IS NOT NULL;
CREATE TABLE thread_row (
  case_id INTEGER NOT NULL, thread INTEGER NOT NULL, kind TEXT NOT NULL, step TEXT NOT NULL,
  holder_unit TEXT, holder_post TEXT, holder_person TEXT, caller_unit TEXT,
  opened_at INTEGER NOT NULL, due_at INTEGER, PRIMARY KEY (case_id, thread)) WITHOUT ROWID;
CREATE TABLE clock_row (
  case_id INTEGER NOT NULL, clock INTEGER NOT NULL, due_at INTEGER NOT NULL, generation INTEGER NOT NULL,
  PRIMARY KEY (case_id, clock)) WITHOUT ROWID;
CREATE INDEX clock_due ON clock_row (due_at);
CREATE TABLE external_row (
  system TEXT NOT NULL, external_id TEXT NOT NULL, case_id INTEGER NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY (system, external_id)) WITHOUT ROWID;

-- The vault. Erasure destroys vault_key rows and overwrites vault_item rows.
CREATE TABLE vault_item (
  item INTEGER PRIMARY KEY, case_id INTEGER NOT NULL, subject INTEGER NOT NULL, class TEXT NOT NULL,
  nonce BLOB, ciphertext BLOB);
CREATE INDEX vault_case ON vault_item (case_id, subject);
CREATE TABLE vault_key (
  case_id INTEGER NOT NULL, subject INTEGER NOT NULL, made_at INTEGER NOT NULL, wrapped BLOB,
  PRIMARY KEY (case_id, subject)) WITHOUT ROWID;
CREATE TABLE file_ref (
  digest BLOB NOT NULL, case_id INTEGER NOT NULL, subject INTEGER NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY (digest, case_id, subject)) WITHOUT ROWID;
CREATE INDEX file_case ON file_ref (case_id, subject);

-- Operational tables: not rebuilt.
CREATE TABLE access (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, post TEXT, purpose TEXT NOT NULL,
  case_id INTEGER NOT NULL, items TEXT NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE outbox (
  position INTEGER PRIMARY KEY, topic TEXT NOT NULL, stream INTEGER NOT NULL,
  version INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE TABLE delivery_cursor (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
-- In order of time, so that a new key is an append: the writer keeps the index of keys in memory.
CREATE TABLE idempotency (
  id INTEGER PRIMARY KEY, key BLOB NOT NULL, at INTEGER NOT NULL, stream INTEGER NOT NULL,
  version INTEGER NOT NULL, outcome BLOB NOT NULL);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE account (
  person TEXT PRIMARY KEY, display TEXT NOT NULL, roles TEXT NOT NULL, active INTEGER NOT NULL,
  made_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE token (
  hash BLOB PRIMARY KEY, person TEXT NOT NULL, label TEXT NOT NULL, made_at INTEGER NOT NULL,
  expires_at INTEGER, revoked_at INTEGER) WITHOUT ROWID;
CREATE INDEX token_person ON token (person);
CREATE TABLE city_edition (
  edition INTEGER PRIMARY KEY, digest BLOB NOT NULL, file TEXT NOT NULL, loaded_at INTEGER NOT NULL);
CREATE TABLE lease (shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, pid INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
